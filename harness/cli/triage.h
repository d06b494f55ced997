/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt triage FILE...`: incidents in any log file, without a guest. */
#ifndef PFNHUNT_CMD_TRIAGE_H
#define PFNHUNT_CMD_TRIAGE_H

#include "harness/splat/decode.h"
#include "harness/incident/triage.h"

/*
 * argv[0] is the verb. Prints, and returns the exit code: 0 nothing, or only known issues and
 * emulator artefacts, 1 something unknown, 2 usage, 3 an unreadable file, or one that is
 * cut off and has nothing.
 */
int cmd_triage(int argc, char **argv);

/* Prints one finished file; @decoder may be NULL. */
void cmd_triage_print_json(const char *name, const Triage *triage, Decoder *decoder);
void cmd_triage_print_text(const char *name, const Triage *triage, Decoder *decoder);

#endif
