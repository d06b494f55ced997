/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Issues that are known, from an INI file: a group for each, named as one likes, with
 *
 *   signature = kernel-bug:mm/page_alloc.c:*    "*" stands for anything
 *   note      = what is known of it
 *   kernels   = 6.1 - 6.12                      optional; inclusive, either end may be missing
 */
#ifndef PFNHUNT_TRIAGE_KNOWN_H
#define PFNHUNT_TRIAGE_KNOWN_H

#include <glib.h>

typedef struct TriageKnown TriageKnown;

/* NULL with @error of code PFNHUNT_ERROR_USAGE, that names file and group, when it is wrong. */
TriageKnown *triage_known_load(const char *path, GError **error);
void triage_known_free(TriageKnown *known);

/*
 * The note on @signature for the kernel @release, or NULL. A @release of NULL is of unknown
 * age, and only issues of all kernels apply. Owned by @known, which may be NULL.
 */
const char *triage_known_find(const TriageKnown *known, const char *signature, const char *release);

/* -1, 0 or 1 as release @a is older, as old or newer than @b, by numbers: "6.9" < "6.12.3". */
int triage_known_compare(const char *a, const char *b);

#endif
