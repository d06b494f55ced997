// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PID 1 of the guest. Brings the machine up, finds the port to the host, says what kind of
 * guest this is, and serves the host until it is told to power off. It has no other user and
 * no way to go on after a failure of its own: then it says why, and powers off.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guest-agent/core/boot.h"
#include "guest-agent/core/caps.h"
#include "guest-agent/core/kmsg.h"
#include "guest-agent/op/run.h"
#include "guest-agent/op/thread.h"
#include "guest-agent/core/port.h"
#include "guest-agent/core/session.h"

#define PORT_TIMEOUT_MS	 15000
#define DRAIN_TIMEOUT_MS 2000
#define FILES_MAX	 4096

static struct sink sink;
static struct recorder recorder;
static struct session *session;

static void on_line(void *user, char *line, size_t len)
{
	session_line(session, line, len);
}

static void on_gone(void *user)
{
	session_gone(session);
}

static void *follow_kmsg(void *user)
{
	pthread_setname_np(pthread_self(), "pfnhunt-kmsg");
	kmsg_follow(&sink);
	return NULL;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "pfnhunt: %s: %s\n", path, strerror(errno));
	close(fd);
}

/* The kernel gives its init a console only when /dev/console was in the initramfs. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR);

	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* Returns the root directory. */
static int bring_up(void)
{
	struct rlimit files = {FILES_MAX, FILES_MAX};
	char module[256] = "";
	const char *what;
	int ret, root_fd;

	ret = boot_mount(&what);
	if (ret)
		boot_fatal("mount %s: %s", what, strerror(-ret));
	open_console();
	boot_mount_optional();
	setrlimit(RLIMIT_NOFILE, &files);
	signal(SIGPIPE, SIG_IGN);
	op_run_init_signals();
	op_thread_init_pid1();
	write_text("/proc/sys/kernel/printk_devkmsg", "on\n");
	root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = boot_load_listed(root_fd, module, sizeof(module));
	if (ret)
		boot_fatal("module %s: %s", module, strerror(-ret));
	return root_fd;
}

int main(void)
{
	struct port_handlers handlers = {.line = on_line, .gone = on_gone};
	struct port *port;
	pthread_t thread;
	int root_fd, fd, ret;

	if (getpid() != 1) {
		fprintf(stderr,
			"pfnhunt-agent is the init of a pfnhunt guest: it runs nowhere else\n");
		return 2;
	}
	root_fd = bring_up();
	fd = port_find(WIRE_PORT, PORT_TIMEOUT_MS);
	if (fd < 0)
		boot_fatal("no virtio port is called %s: %s", WIRE_PORT, strerror(-fd));
	port = port_new(fd, &handlers);
	if (!port)
		boot_fatal("no memory for the port");
	sink = port_sink(port);
	/* Before any memory is plugged: the recorder's pages must not lie in it. */
	ret = recorder_create(&recorder);
	if (ret)
		sink_log(&sink, "no recorder: %s", strerror(-ret));
	caps_send(&sink, root_fd, &recorder);
	session = session_new(root_fd, &sink, &recorder);
	if (!session || pthread_create(&thread, NULL, follow_kmsg, NULL) || !port_listen(port))
		boot_fatal("no memory for the session");
	/* Ops poison pages of what is plugged from here on: what is init's stays where it is. */
	if (mlockall(MCL_CURRENT))
		sink_log(&sink, "mlockall: %s", strerror(errno));
	session_serve(session);
	port_drain(port, DRAIN_TIMEOUT_MS);
	boot_power_off();
}
