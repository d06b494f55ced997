/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a hunt found, in plain words for a terminal or a pipe. */
#ifndef PFNHUNT_REPORT_TEXT_H
#define PFNHUNT_REPORT_TEXT_H

#include "harness/hunt/hunt.h"

/* The report of a whole hunt; @colour: with terminal colours. (transfer full) */
char *report_text(const HuntConfig *config, const HuntSummary *summary, gboolean colour);
/* One line for one boot, without newline. (transfer full) */
char *report_boot_line(const BootResult *result);

#endif
