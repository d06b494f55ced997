/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command that runs a hunt again. */
#ifndef PFNHUNT_REPORT_RERUN_H
#define PFNHUNT_REPORT_RERUN_H

#include "harness/hunt/hunt.h"

/*
 * One line for a shell that does the same hunt from any folder: this program, files by absolute
 * paths, and the same kernel where its name could mean another one tomorrow. (transfer full)
 */
char *report_rerun(const HuntConfig *config);

#endif
