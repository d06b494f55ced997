/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See spawn.h. fork() and not g_spawn: the death signal must be set in the child, and
 * descriptors must come under known numbers. Between fork and exec only what is safe after a
 * fork of a threaded process.
 */
#include "host-driver/qemu/spawn.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONSOLE_BUFFER_BYTES (1 << 20)

/* The child's descriptors: 0, 1 and 2, then QEMU_FD_*. */
#define CHILD_FDS QEMU_FD_END

static void close_fds(int *fds, int count)
{
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Copies of our files, above the numbers that the child will use. */
static gboolean copy_up(const QemuFiles *files, int *theirs)
{
	for (int i = QEMU_FD_READS; i < QEMU_FD_END; i++) {
		if (files->fd[i] < 0)
			continue;
		theirs[i] = fcntl(files->fd[i], F_DUPFD_CLOEXEC, CHILD_FDS);
		if (theirs[i] < 0)
			return FALSE;
	}
	return TRUE;
}

/* Moves @fd above the numbers that the child will use, so that dup2 there harms no source. */
static int move_up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, CHILD_FDS);
	int saved = errno;

	close(fd);
	errno = saved;
	return high;
}

static gboolean make_pair(int *ours, int *theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return FALSE;
	*ours = pair[0];
	*theirs = move_up(pair[1]);
	return *theirs >= 0;
}

static gboolean make_channels(QemuChild *child, gboolean gdb, int *theirs)
{
	const int console_bytes = CONSOLE_BUFFER_BYTES;
	int output[2], null;

	if (!make_pair(&child->qmp, &theirs[QEMU_FD_QMP]) ||
	    !make_pair(&child->console, &theirs[QEMU_FD_CONSOLE]) ||
	    !make_pair(&child->agent, &theirs[QEMU_FD_AGENT]) ||
	    (gdb && !make_pair(&child->gdb, &theirs[QEMU_FD_GDB])))
		return FALSE;
	/* QEMU's serial port drops bytes that it cannot write after a few tries. */
	setsockopt(theirs[QEMU_FD_CONSOLE], SOL_SOCKET, SO_SNDBUF, &console_bytes,
		   sizeof(console_bytes));
	if (pipe2(output, O_CLOEXEC) != 0)
		return FALSE;
	child->output = output[0];
	theirs[STDOUT_FILENO] = move_up(output[1]);
	if (theirs[STDOUT_FILENO] < 0)
		return FALSE;
	theirs[STDERR_FILENO] = fcntl(theirs[STDOUT_FILENO], F_DUPFD_CLOEXEC, CHILD_FDS);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (theirs[STDERR_FILENO] < 0 || null < 0)
		return FALSE;
	theirs[STDIN_FILENO] = move_up(null);
	return theirs[STDIN_FILENO] >= 0;
}

static void say(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n;
}

static G_NORETURN void give_up(const char *what)
{
	say(what);
	say(": ");
	say(strerrordesc_np(errno));
	_exit(127);
}

static G_NORETURN void run_child(char **argv, const int *fds, const QemuUser *user, pid_t parent)
{
	sigset_t none;

	setsid();
	for (int i = 0; i < CHILD_FDS; i++) {
		if (fds[i] < 0)
			close(i);
		else if (dup2(fds[i], i) < 0)
			_exit(127);
	}
	close_range(CHILD_FDS, ~0U, 0);
	if (!qemu_user_become(user))
		give_up("to become another user");
	/* Another user's death signal would be forgotten. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(argv[0], argv);
	give_up(argv[0]);
}

gboolean qemu_spawn(char **argv, const QemuFiles *files, const QemuUser *user, gboolean gdb,
		    QemuChild *child, GError **error)
{
	int theirs[CHILD_FDS];
	pid_t parent = getpid();
	struct sigaction chld;
	const char *what = "descriptors";

	for (int i = 0; i < CHILD_FDS; i++)
		theirs[i] = -1;
	*child = (QemuChild){-1, -1, -1, -1, -1, -1, -1};
	/* An ignored SIGCHLD, inherited from who started us, would throw the status away. */
	if (sigaction(SIGCHLD, NULL, &chld) == 0 && chld.sa_handler == SIG_IGN)
		signal(SIGCHLD, SIG_DFL);

	if (!make_channels(child, gdb, theirs) || !copy_up(files, theirs))
		goto fail;
	what = "fork";
	child->pid = fork();
	if (child->pid < 0)
		goto fail;
	if (child->pid == 0)
		run_child(argv, theirs, user, parent);
	what = "pidfd";
	child->pidfd = pidfd_open(child->pid, 0);
	if (child->pidfd < 0)
		goto fail;
	close_fds(theirs, CHILD_FDS);
	return TRUE;

fail:
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "starting QEMU: %s: %s", what,
		    g_strerror(errno));
	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		waitpid(child->pid, NULL, 0);
	}
	close_fds(theirs, CHILD_FDS);
	close_fds((int[]){child->qmp, child->console, child->agent, child->gdb, child->output}, 5);
	return FALSE;
}
