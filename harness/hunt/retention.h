/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the disk that a long hunt takes within a limit: of the oldest clean boots only what the
 * statistics need is left. A boot in which anything at all happened is never touched.
 */
#ifndef PFNHUNT_THIN_H
#define PFNHUNT_THIN_H

#include <glib.h>

typedef struct Retention Retention;

/* Takes up the clean boots that lie in @hunt_dir. @limit_bytes: for all clean boots' evidence. */
Retention *retention_new(const char *hunt_dir, guint64 limit_bytes);
void retention_free(Retention *retention);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Retention, retention_free)

/* A boot is over: @clean ones count, and the oldest give way. Never fails: it does what it can. */
void retention_boot_over(Retention *retention, const char *boot_dir, gboolean clean);

/* What the boots take that are not clean, which are never stripped. */
guint64 retention_kept_bytes(const Retention *retention);

/*
 * Leaves boot.json, verdict.json, scenario.ini, plan.txt, memory.jsonl, the last totals of
 * counters.jsonl, and thinned.json, which names what went. Returns the bytes that were freed.
 */
guint64 retention_strip_boot(const char *boot_dir);

#endif
