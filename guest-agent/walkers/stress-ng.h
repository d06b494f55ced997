/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stress-ng's YAML says. */
#ifndef PFNHUNT_STRESS_NG_H
#define PFNHUNT_STRESS_NG_H

#include <stdint.h>

struct stress_metric {
	char name[48]; /* of a stressor, [a-z0-9-] */
	int64_t bogo_ops, real_ms;
};

/* Takes the metrics out of stress-ng's YAML, which it cuts up. Returns how many, at most @max. */
unsigned int stress_metrics_parse(char *text, struct stress_metric *metric, unsigned int max);

#endif
