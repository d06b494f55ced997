/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A job that takes its time (apt, depmod, waiting for a lock) and that a person may end with
 * Ctrl-C. While a KernelJob lives, SIGINT and SIGTERM do not kill the process but end what
 * the job waits for; handlers of the program itself (g_unix_signal_add) see them too.
 */
#ifndef PFNHUNT_KERNEL_JOB_H
#define PFNHUNT_KERNEL_JOB_H

#include <glib.h>

typedef struct KernelJob KernelJob;

/* Never NULL. Not to be used from two threads. */
KernelJob *kernel_job_new(void);
void kernel_job_free(KernelJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelJob, kernel_job_free)

/* FALSE and an INFRA error once a signal came. Never blocks: call it in long loops. */
gboolean kernel_job_check(KernelJob *job, GError **error);

/*
 * Runs @argv in @cwd (or NULL) with LC_ALL=C and no stdin, blocks until it ends, and reaps it.
 * @out (nullable, transfer full) is its stdout, "" when empty. A failure, a signal to us or
 * @deadline_s is an INFRA error that ends with the last words on its stderr; the child is
 * gone then.
 */
gboolean kernel_job_run(KernelJob *job, const char *const *argv, const char *cwd, guint deadline_s,
			char **out, GError **error);

/*
 * Takes the exclusive lock on the file @path (created), waits up to @deadline_s for another
 * process to release it. @waiting (nullable) is called once if it must wait. Returns the fd
 * to close, which releases the lock, or -1 and an INFRA error.
 */
int kernel_job_lock(KernelJob *job, const char *path, guint deadline_s,
		    void (*waiting)(gpointer user), gpointer user, GError **error);

#endif
