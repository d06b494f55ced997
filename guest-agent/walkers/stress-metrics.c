// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parses the few lines of stress-ng's YAML that matter. The program that wrote it ran on a kernel
 * that may be corrupted, so only names and numbers are taken from it.
 */
#include "guest-agent/walkers/stress-ng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value after "@key: " on the line, or NULL. */
static const char *value_of(const char *line, const char *key)
{
	size_t len = strlen(key);

	line += strspn(line, " -");
	if (strncmp(line, key, len) || line[len] != ':')
		return NULL;
	line += len + 1;
	return line + strspn(line, " \"");
}

unsigned int stress_metrics_parse(char *text, struct stress_metric *metric, unsigned int max)
{
	unsigned int count = 0;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *value = value_of(line, "stressor");
		struct stress_metric *m = count ? &metric[count - 1] : NULL;

		if (value) {
			size_t len = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-");

			if (count == max)
				break;
			m = &metric[count++];
			*m = (struct stress_metric){0};
			snprintf(m->name, sizeof(m->name), "%.*s", (int)len, value);
		} else if (m && (value = value_of(line, "bogo-ops"))) {
			m->bogo_ops = strtoll(value, NULL, 10);
		} else if (m && (value = value_of(line, "wall-clock-time"))) {
			double s = strtod(value, NULL);

			m->real_ms = s > 0 && s < 1e9 ? (int64_t)(s * 1000) : 0;
		}
	}
	return count;
}
