/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spawning with a deadline on a private GMainContext, so that the caller's sources do not run
 * in the middle of kernel_open(). See job.h.
 */
#include "host-driver/kernel/job.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "host-driver/base/error.h"

enum { TERM_GRACE_MS = 2000, LOCK_POLL_MS = 100 };

struct KernelJob {
	GMainContext *context;
	GSource *sigint, *sigterm;
	gboolean interrupted;
};

/* One child: the results of its asynchronous communicate(). */
typedef struct {
	KernelJob *job;
	GCancellable *cancellable;
	GBytes *out, *err;
	GError *error;
	gboolean done, late, killed;
} Run;

static gboolean on_signal(gpointer user)
{
	((KernelJob *)user)->interrupted = TRUE;
	return G_SOURCE_CONTINUE;
}

static GSource *watch_signal(KernelJob *job, int signum)
{
	GSource *source = g_unix_signal_source_new(signum);

	g_source_set_callback(source, on_signal, job, NULL);
	g_source_attach(source, job->context);
	return source;
}

KernelJob *kernel_job_new(void)
{
	KernelJob *job = g_new0(KernelJob, 1);

	job->context = g_main_context_new();
	job->sigint = watch_signal(job, SIGINT);
	job->sigterm = watch_signal(job, SIGTERM);
	return job;
}

void kernel_job_free(KernelJob *job)
{
	if (!job)
		return;
	g_source_destroy(job->sigint);
	g_source_unref(job->sigint);
	g_source_destroy(job->sigterm);
	g_source_unref(job->sigterm);
	g_main_context_unref(job->context);
	g_free(job);
}

gboolean kernel_job_check(KernelJob *job, GError **error)
{
	while (!job->interrupted && g_main_context_iteration(job->context, FALSE))
		;
	if (!job->interrupted)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "interrupted");
	return FALSE;
}

static gboolean set_flag(gpointer user)
{
	*(gboolean *)user = TRUE;
	return G_SOURCE_CONTINUE;
}

static GSource *add_timeout(KernelJob *job, guint ms, gboolean *flag)
{
	GSource *source = g_timeout_source_new(ms);

	g_source_set_callback(source, set_flag, flag, NULL);
	g_source_attach(source, job->context);
	return source;
}

static void drop_source(GSource *source)
{
	g_source_destroy(source);
	g_source_unref(source);
}

static void on_communicated(GObject *object, GAsyncResult *result, gpointer user)
{
	Run *run = user;

	g_subprocess_communicate_finish(G_SUBPROCESS(object), result, &run->out, &run->err,
					&run->error);
	run->done = TRUE;
}

/* The child dies with us, and never outlives a parent that was killed before this ran. */
static void child_setup(gpointer user)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != *(pid_t *)user)
		_exit(127);
}

/* An empty GBytes has no data at all. */
static char *to_string(GBytes *bytes)
{
	gsize len = bytes ? g_bytes_get_size(bytes) : 0;

	return len ? g_strndup(g_bytes_get_data(bytes, NULL), len) : g_strdup("");
}

/* The first of apt's "E: " lines, which names the cause; else the last line. */
static char *last_words(GBytes *bytes)
{
	g_autofree char *err = g_strstrip(to_string(bytes));
	g_autofree char *valid = g_utf8_make_valid(err, -1);
	g_auto(GStrv) lines = g_strsplit(valid, "\n", -1);
	guint n = g_strv_length(lines);

	for (guint i = 0; i < n; i++)
		if (g_str_has_prefix(lines[i], "E: "))
			return g_strdup(lines[i] + 3);
	return g_strdup(n ? lines[n - 1] : "");
}

/* Iterates until the child is done; ends it on a signal or past the deadline. */
static void wait_for_child(Run *run, GSubprocess *child, guint deadline_s)
{
	KernelJob *job = run->job;
	GSource *deadline = add_timeout(job, deadline_s * 1000, &run->late);
	GSource *grace = NULL;

	while (!run->done) {
		g_main_context_iteration(job->context, TRUE);
		if (run->done || !(run->late || job->interrupted))
			continue;
		if (!grace) {
			g_subprocess_send_signal(child, SIGTERM);
			grace = add_timeout(job, TERM_GRACE_MS, &run->killed);
		} else if (run->killed) {
			g_subprocess_force_exit(child);
			g_cancellable_cancel(run->cancellable);
		}
	}
	g_subprocess_wait(child, NULL, NULL);
	drop_source(deadline);
	if (grace)
		drop_source(grace);
}

static gboolean judge(Run *run, GSubprocess *child, const char *name, guint deadline_s,
		      GError **error)
{
	g_autofree char *words = last_words(run->err);

	/* Ctrl-C reaches the child as well, and it may be gone before our own signal is seen. */
	if (!run->late && g_subprocess_get_if_signaled(child) &&
	    g_subprocess_get_term_sig(child) == SIGINT)
		run->job->interrupted = TRUE;
	if (!kernel_job_check(run->job, error))
		return FALSE;
	if (run->late)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s did not end within %u s%s%s", name, deadline_s, *words ? ": " : "",
			    words);
	else if (run->error)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", name,
			    run->error->message);
	else if (!g_subprocess_get_if_exited(child))
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: killed by signal %d",
			    name, g_subprocess_get_term_sig(child));
	else if (g_subprocess_get_exit_status(child) != 0)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s failed: %s", name,
			    *words ? words : "it does not say why");
	else
		return TRUE;
	return FALSE;
}

gboolean kernel_job_run(KernelJob *job, const char *const *argv, const char *cwd, guint deadline_s,
			char **out, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = NULL;
	g_autoptr(GSubprocess) child = NULL;
	g_autoptr(GError) spawn_error = NULL;
	g_autofree char *name = g_path_get_basename(argv[0]);
	Run run = {.job = job, .cancellable = g_cancellable_new()};
	pid_t self = getpid();
	gboolean ok;

	if (!kernel_job_check(job, error))
		return FALSE;
	launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE |
					     G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_subprocess_launcher_setenv(launcher, "LC_ALL", "C", TRUE);
	g_subprocess_launcher_set_child_setup(launcher, child_setup, &self, NULL);
	if (cwd)
		g_subprocess_launcher_set_cwd(launcher, cwd);
	g_main_context_push_thread_default(job->context);
	child = g_subprocess_launcher_spawnv(launcher, argv, &spawn_error);
	if (child) {
		g_subprocess_communicate_async(child, NULL, run.cancellable, on_communicated, &run);
		wait_for_child(&run, child, deadline_s);
	}
	g_main_context_pop_thread_default(job->context);
	if (!child)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot run %s: %s", argv[0],
			    spawn_error->message);
	ok = child && judge(&run, child, name, deadline_s, error);
	if (ok && out)
		*out = to_string(run.out);
	g_clear_pointer(&run.out, g_bytes_unref);
	g_clear_pointer(&run.err, g_bytes_unref);
	g_clear_error(&run.error);
	g_object_unref(run.cancellable);
	return ok;
}

int kernel_job_lock(KernelJob *job, const char *path, guint deadline_s,
		    void (*waiting)(gpointer user), gpointer user, GError **error)
{
	gint64 end_us = g_get_monotonic_time() + deadline_s * G_USEC_PER_SEC;
	gboolean told = FALSE;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot open %s: %s", path,
			    g_strerror(errno));
		return -1;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot lock %s: %s",
				    path, g_strerror(errno));
			goto fail;
		}
		if (!told && waiting)
			waiting(user);
		told = TRUE;
		if (g_get_monotonic_time() > end_us) {
			g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
				    "%s is still locked by another pfnhunt after %u s", path,
				    deadline_s);
			goto fail;
		}
		g_usleep(LOCK_POLL_MS * 1000);
		if (!kernel_job_check(job, error))
			goto fail;
	}
	return fd;
fail:
	close(fd);
	return -1;
}
