/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the beginnings of all rules in one pass over the bytes: most of a log is uninteresting, and
 * a filter over four characters at a time is what says so at more than a GB/s. Behind it is the
 * automaton of Aho and Corasick.
 */
#ifndef PFNHUNT_SPLAT_SCAN_H
#define PFNHUNT_SPLAT_SCAN_H

#include <glib.h>

typedef struct SplatScan SplatScan;

/* The automaton of all rules; built once, never freed. */
const SplatScan *splat_scan_get(void);

/* The first place in [s, end) behind a beginning, behind a mark of a carrier, or at a
 * line's end in the middle of one; or NULL. */
const char *splat_scan_any(const SplatScan *scan, const char *s, const char *end);

/*
 * TRUE when no beginning is in [s, end), and none that is cut at its end; FALSE when there may be
 * one. Cheaper than to look for which.
 */
gboolean splat_scan_quiet(const SplatScan *scan, const char *s, const char *end);

/*
 * TRUE when [s, end) ends in the middle of a beginning, between two words: a mail client may have
 * wrapped it.
 */
gboolean splat_scan_unfinished(const SplatScan *scan, const char *s, const char *end);

typedef struct {
	guint rule;
	const char *at; /* where the rule's beginning starts */
} SplatHit;

/* The beginnings of rules in [s, end), up to @max, leftmost first, then in the order of the rules. */
guint splat_scan_all(const SplatScan *scan, const char *s, const char *end, SplatHit *hits,
		     guint max);

#endif
