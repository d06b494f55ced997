/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a splat, cut out of the kept logs of a boot once more. */
#ifndef PFNHUNT_RESULTS_SPLAT_H
#define PFNHUNT_RESULTS_SPLAT_H

#include "harness/results/model.h"

/*
 * The splat of @title and @signature in @boot's console, else in its kmsg records: printable
 * lines, at most @max_lines of them (a last line tells how many were cut); then, when the boot
 * has a decoder, its frames decoded. NULL when the logs
 * are gone or do not have it. Reads the whole log. (transfer full)
 */
char *results_splat_text(const RBoot *boot, const char *title, const char *signature,
			 guint max_lines);

#endif
