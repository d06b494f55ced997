/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays QEMU for test-vm-qemu: speaks QMP on descriptor 3, is a console on 4, and echoes on 5
 * like an agent. The guest's command line (-append) is a list of words that say how it behaves.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *mode = "";

static bool is(const char *word)
{
	return strstr(mode, word) != NULL;
}

static void say(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(int fd, const char *format, ...)
{
	char buf[1024];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(buf, sizeof(buf), format, ap);
	va_end(ap);
	if (write(fd, buf, (size_t)len) != len)
		_exit(99);
}

static void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* What the child was given: descriptors, session, death signal, signal mask. */
static void report(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	sigset_t mask;
	int death = 0, fds = 0;
	char null[32] = "";

	while ((entry = readdir(dir)))
		fds += entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(dir);
	closedir(dir);
	prctl(PR_GET_PDEATHSIG, &death);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	if (readlink("/proc/self/fd/0", null, sizeof(null) - 1) < 0)
		_exit(99);
	say(4, "pid=%d fds=%d leader=%d death=%d stdin=%s masked=%d uid=%u groups=%d\n", getpid(),
	    fds, getsid(0) == getpid(), death, null, sigismember(&mask, SIGUSR1), getuid(),
	    getgroups(0, NULL));
}

/* The kernel that it was told to boot, which is a line of text. */
static void show(const char *path)
{
	char text[64] = "";
	FILE *file = fopen(path, "r");

	if (!file || !fgets(text, sizeof(text), file))
		_exit(97);
	fclose(file);
	say(4, "kernel=%s\n", text);
}

static void panic(void)
{
	say(3, "{\"event\": \"GUEST_PANICKED\", \"data\": {\"action\": \"run\"}}\r\n");
	sleep_ms(30);
	say(4, "Kernel panic");
	sleep_ms(60);
	say(4, " - not syncing\n");
	say(3, "{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true, \"reason\": "
	       "\"guest-reset\"}}\r\n");
}

static void burst(void)
{
	for (int i = 0; i < 20000; i++)
		say(4, "line %08d\n", i);
}

static void pmemsave(const char *line)
{
	const char *name = strstr(line, "\"filename\":\"") + strlen("\"filename\":\"");
	int size = atoi(strstr(line, "\"size\":") + strlen("\"size\":"));
	char path[1024] = "";
	FILE *file;

	memcpy(path, name, strcspn(name, "\""));
	file = fopen(path, "r+"); /* it is there already, made by its owner */
	if (!file)
		_exit(98);
	for (int i = is("short") ? 1 : 0; i < size; i++)
		fputc('m', file);
	fclose(file);
}

static void answer(const char *line)
{
	const char *id = strstr(line, "\"id\":") + strlen("\"id\":");
	const char *result = "{}";
	int n = atoi(id);

	if (strstr(line, "\"quit\"")) {
		if (is("stubborn"))
			return;
		say(3, "{\"return\": {}, \"id\": %d}\r\n", n);
		_exit(0);
	}
	if ((is("refuse") && n > 0) || (is("no-slot") && strstr(line, "\"device_add\""))) {
		say(3,
		    "{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": %d}\r\n",
		    n);
		return;
	}
	if (is("die") && n > 0)
		raise(SIGKILL);
	if (strstr(line, "\"pmemsave\""))
		pmemsave(line);
	if (strstr(line, "\"query-memory-devices\"")) {
		result =
			"[{\"type\": \"dimm\", \"data\": {\"id\": 5}}, 7, {\"data\": []}, "
			"{\"type\": \"virtio-mem\", \"data\": {\"id\": \"vm0\", \"size\": 4194304, "
			"\"requested-size\": 8388608}}]";
		if (is("odd-object"))
			result = "{}";
		if (is("odd-empty"))
			result = "[]";
		if (is("odd-size"))
			result = "[{\"data\": {\"id\": \"vm0\", \"size\": \"4\", "
				 "\"requested-size\": 1}}]";
		if (is("odd-negative"))
			result = "[{\"data\": {\"id\": \"vm0\", \"size\": -4194304, "
				 "\"requested-size\": 1}}]";
	}
	if (strstr(line, "\"query-cpus-fast\""))
		result = "[{\"cpu-index\": 1, \"thread-id\": 77}, "
			 "{\"cpu-index\": 0, \"thread-id\": 76}]";
	say(3, "{\"return\": %s, \"id\": %d}\r\n", result, n);
}

/* Reads commands and echoes the agent until somebody ends it. */
static void serve(void)
{
	char line[4096];
	size_t len = 0;
	struct pollfd fds[] = {{.fd = 3, .events = POLLIN}, {.fd = 5, .events = POLLIN}};

	if (is("deaf"))
		fds[1].fd = -1;
	for (;;) {
		char *end;
		ssize_t n;

		poll(fds, 2, -1);
		if (fds[1].revents) {
			char echo[4096];

			n = read(5, echo, sizeof(echo));
			if (n > 0 && write(5, echo, (size_t)n) != n)
				_exit(99);
		}
		if (!fds[0].revents)
			continue;
		n = read(3, line + len, sizeof(line) - 1 - len);
		if (n <= 0) {
			fds[0].fd = -1; /* as QEMU, which outlives its monitor */
			continue;
		}
		len += (size_t)n;
		line[len] = '\0';
		while ((end = strchr(line, '\n'))) {
			*end = '\0';
			answer(line);
			len -= (size_t)(end + 1 - line);
			memmove(line, end + 1, len + 1);
		}
		if (is("panic") && !is("done")) {
			mode = "done";
			panic();
		}
		if (is("mute")) {
			shutdown(3, SHUT_RDWR);
			close(3);
			fds[0].fd = -1;
			mode = "";
		}
	}
}

int main(int argc, char **argv)
{
	const char *kernel = NULL;

	for (int i = 1; i + 1 < argc; i++) {
		if (strcmp(argv[i], "-append") == 0)
			mode = argv[i + 1];
		if (strcmp(argv[i], "-kernel") == 0)
			kernel = argv[i + 1];
	}
	if (is("grumble")) {
		for (int i = 0; i < 500; i++)
			say(2, "qemu: complaint %d\n", i);
		say(2, "qemu: \x1b[31mlast\xff words\n");
		_exit(1);
	}
	report();
	if (is("kernel"))
		show(kernel);
	if (is("burst"))
		burst();
	if (is("burst-die"))
		raise(SIGKILL);
	say(3, "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
	serve();
	return 0;
}
