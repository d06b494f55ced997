/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metrics in stress-ng's YAML. */
#ifndef PFNHUNT_STRESS_NG_H
#define PFNHUNT_STRESS_NG_H

#include <stdint.h>

struct stress_metric {
	char name[48]; /* of a stressor, [a-z0-9-] */
	int64_t bogo_ops, real_ms;
};

/* Parses the metrics in stress-ng's YAML, in place. Returns their number, at most @max. */
unsigned int stress_metrics_parse(char *text, struct stress_metric *metric, unsigned int max);

#endif
