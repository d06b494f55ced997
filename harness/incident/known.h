/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Issues that are known, from INI files: a group for each, named as one likes, with
 *
 *   signature = kernel-bug:mm/page_alloc.c:*    "*" stands for anything
 *   note      = what is known of it
 *   kernels   = 6.1 - 6.12                      optional; inclusive, either end may be missing
 *   until     = 2026-12-31                      optional; the last day on which it counts as known
 */
#ifndef PFNHUNT_TRIAGE_KNOWN_H
#define PFNHUNT_TRIAGE_KNOWN_H

#include <glib.h>

typedef struct TriageKnown TriageKnown;

typedef struct {
	char *path, *name; /* the file and the group in it */
	char *signature, *note;
	char *kernels, *until; /* as they stand there, or NULL */
	gboolean expired;      /* its last day is over: it matches nothing any more */
} KnownIssue;

/*
 * Reads @paths (NULL-terminated), one after the other; what comes first wins. NULL with @error of
 * code PFNHUNT_ERROR_USAGE, that names file and group, when one is wrong. (transfer full)
 */
TriageKnown *triage_known_load(const char *const *paths, GError **error);
void triage_known_free(TriageKnown *known);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TriageKnown, triage_known_free)

/* All of them, in their order, of KnownIssue. Borrowed. */
const GPtrArray *triage_known_issues(const TriageKnown *known);

/*
 * The issue that @signature is for the kernel @release, or NULL. A @release of NULL is of unknown
 * age, and only issues of all kernels apply. Owned by @known, which may be NULL.
 */
const KnownIssue *triage_known_find(const TriageKnown *known, const char *signature,
				    const char *release);

/*
 * Writes @issue (signature, note, kernels, until) behind what the file @path holds, which need not
 * exist yet; its folder is made. *@name: the group (transfer full). USAGE error for a value that
 * triage_known_load() would refuse, INFRA when the file cannot be written.
 */
gboolean triage_known_add(const char *path, const KnownIssue *issue, char **name, GError **error);
/* Takes the group @name out of the file @path. USAGE error that lists what is there. */
gboolean triage_known_remove(const char *path, const char *name, GError **error);

/* -1, 0 or 1 as release @a is older, as old or newer than @b, by numbers: "6.9" < "6.12.3". */
int triage_known_compare(const char *a, const char *b);

#endif
