// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An agent that lies, as PID 1 of a real guest. Sound but for its script, which run.py puts
 * behind the executable's end: lines as those of scripted_qemu.py, a few of them.
 *
 *	without STEP            hello, plug, setup, run, count, end, done, pong, poweroff
 *	at EVENT[+SECONDS] ACT  hello, plan, plug, go, run, done: say LINE, sysrq C, exit N,
 *	                        reboot, off, finish REASON, silence
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <time.h>
#include <unistd.h>

#include "guest-agent/contract/wire.h"
#include "guest-agent/core/boot.h"

#define MARK	 "#hostile\n"
#define LINES	 64
#define OPS	 8
#define STEPS	 500 /* a second, of each op */
#define OFFLINES 400

struct act {
	double due; /* 0: its event has not come */
	char event[16];
	double delay;
	char text[512];
};

static struct act acts[LINES];
static char without[LINES][16];
static int act_count, without_count, port, op_count, silent;
static struct {
	int inst;
	char name[64];
} ops[OPS];
static double went, duration, next_count;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static unsigned long long now_ns(void)
{
	return (unsigned long long)(now() * 1e9);
}

static int has(const char *step)
{
	for (int i = 0; i < without_count; i++)
		if (!strcmp(without[i], step))
			return 0;
	return 1;
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	char line[2048];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	line[len++] = '\n';
	for (int sent = 0; sent < len && !silent;) {
		ssize_t n = write(port, line + sent, (size_t)(len - sent));

		if (n > 0)
			sent += (int)n;
		else
			poll(NULL, 0, 5);
	}
}

static void fire(const char *event)
{
	for (int i = 0; i < act_count; i++)
		if (!strcmp(acts[i].event, event))
			acts[i].due = now() + acts[i].delay;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		boot_fatal("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static unsigned long long ran_cs(void)
{
	return (unsigned long long)((now() - went) * 100);
}

static void counts(unsigned long long ran)
{
	for (int i = 0; i < op_count && has("count"); i++)
		say("count t_ns=%llu inst=%d name=%s steps=%llu offlines=%llu offlines_ok=%llu "
		    "refused=0",
		    now_ns(), ops[i].inst, ops[i].name, ran * STEPS / 100, ran * OFFLINES / 100,
		    ran * OFFLINES / 100);
}

static void finish(const char *reason)
{
	unsigned long long ran = ran_cs();

	if (duration < 0)
		return;
	duration = -1;
	fire("end");
	say("phase t_ns=%llu name=stop", now_ns());
	counts(ran);
	say("phase t_ns=%llu name=end", now_ns());
	if (has("done"))
		say("done t_ns=%llu reason=%s ops=%d steps=%llu kmsg_seq=0", now_ns(), reason,
		    op_count, ran * STEPS / 100 * (unsigned long long)op_count);
	fire("done");
}

static void do_act(const char *text)
{
	const char *rest = strchr(text, ' ');

	rest = rest ? rest + 1 : "";
	if (!strncmp(text, "say ", 4)) {
		const char *clock = strstr(rest, "{now}");

		if (clock)
			say("%.*s%llu%s", (int)(clock - rest), rest, now_ns(), clock + 5);
		else
			say("%s", rest);
	} else if (!strncmp(text, "sysrq ", 6)) {
		write_file("/proc/sys/kernel/sysrq", "1");
		write_file("/proc/sysrq-trigger", rest);
	} else if (!strncmp(text, "exit ", 5)) {
		_exit(atoi(rest));
	} else if (!strcmp(text, "reboot")) {
		reboot(RB_AUTOBOOT);
	} else if (!strcmp(text, "off")) {
		boot_power_off();
	} else if (!strncmp(text, "finish ", 7)) {
		finish(rest);
	} else if (!strcmp(text, "silence")) {
		silent = 1;
	} else {
		boot_fatal("no such act: %s", text);
	}
}

static void run(void)
{
	say("probe t_ns=%llu layer=off on=0 reason= setup_ns=1", now_ns());
	say("phase t_ns=%llu name=run", now_ns());
	went = now();
	next_count = went + 0.5;
	fire("run");
}

static void go(const char *line)
{
	unsigned long long ms = 0;

	sscanf(strstr(line, "duration_ms="), "duration_ms=%llu", &ms);
	duration = (double)ms / 1000;
	fire("go");
	if (!has("setup"))
		return;
	say("phase t_ns=%llu name=setup", now_ns());
	for (int i = 0; i < op_count; i++)
		say("opstate inst=%d name=%s state=ready reason=", ops[i].inst, ops[i].name);
	if (has("run"))
		run();
}

static void plug(void)
{
	int ret = 0;

	fire("plug");
	if (!has("plug"))
		return;
	say("phase t_ns=%llu name=plug", now_ns());
	if (!access("/modules/virtio_mem.ko", F_OK))
		ret = boot_load_module(AT_FDCWD, "modules/virtio_mem.ko", "");
	if (ret)
		say("log text=virtio_mem:%%20%d", ret);
}

static void on_line(const char *line)
{
	if (!strncmp(line, "ping ", 5)) {
		if (has("pong"))
			say("pong %.100s t_ns=%llu", line + 5, now_ns());
	} else if (!strncmp(line, "plan ", 5)) {
		say("phase t_ns=%llu name=modules", now_ns());
		fire("plan");
	} else if (!strncmp(line, "op ", 3) && op_count < OPS) {
		if (sscanf(line, "op inst=%d name=%63s", &ops[op_count].inst, ops[op_count].name) ==
		    2)
			op_count++;
	} else if (!strncmp(line, "plug ", 5)) {
		plug();
	} else if (!strncmp(line, "go ", 3)) {
		go(line);
	} else if (!strcmp(line, "stop")) {
		if (has("end"))
			finish("stop");
	} else if (!strcmp(line, "poweroff")) {
		fire("poweroff");
		if (has("poweroff"))
			boot_power_off();
	}
}

static void read_script_line(char *line)
{
	char word[16] = "", event[32] = "";
	int at = 0;

	if (sscanf(line, "without %15s", word) == 1) {
		strcpy(without[without_count++], word);
	} else if (sscanf(line, "at %31s %n", event, &at) == 1 && at) {
		struct act *act = &acts[act_count++];
		char *plus = strchr(event, '+');

		if (plus) {
			*plus = '\0';
			act->delay = strtod(plus + 1, NULL);
		}
		snprintf(act->event, sizeof(act->event), "%s", event);
		snprintf(act->text, sizeof(act->text), "%s", line + at);
	} else {
		boot_fatal("no such line in a script: %s", line);
	}
}

/* The script stands behind the last mark of the executable. */
static void read_script(void)
{
	static char text[16 << 20];
	int fd = open("/init", O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;
	char *mark = NULL;

	while (fd >= 0 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	for (size_t i = 0; i + strlen(MARK) <= len; i++)
		if (!memcmp(text + i, MARK, strlen(MARK)))
			mark = text + i + strlen(MARK);
	if (!mark)
		boot_fatal("no script");
	for (char *line = strtok(mark, "\n"); line && act_count < LINES && without_count < LINES;
	     line = strtok(NULL, "\n"))
		read_script_line(line);
}

/* The one port that the guest has. */
static int open_port(void)
{
	for (int tries = 0; tries < 1500; tries++) {
		glob_t found = {0};
		int fd = -1;

		if (!glob("/dev/vport*", 0, NULL, &found))
			fd = open(found.gl_pathv[0], O_RDWR | O_NONBLOCK | O_CLOEXEC);
		globfree(&found);
		if (fd >= 0)
			return fd;
		poll(NULL, 0, 10);
	}
	boot_fatal("no port");
}

static void bring_up(void)
{
	char failed[256] = "";
	const char *what = "";
	int root;

	if (boot_mount(&what))
		boot_fatal("mount %s", what);
	root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (boot_load_listed(root, failed, sizeof(failed)))
		boot_fatal("module %s", failed);
	read_script();
	port = open_port();
	fire("start");
	if (has("hello"))
		say("hello proto=%d release=6.1 version=x machine=x86_64 cpus=2 page_bytes=4096 "
		    "block_bytes=134217728 t_ns=%llu rec_pages=0",
		    WIRE_PROTO, now_ns());
	fire("hello");
}

static void tick(void)
{
	for (int i = 0; i < act_count; i++)
		if (acts[i].due && acts[i].due <= now()) {
			acts[i].due = 0;
			do_act(acts[i].text);
		}
	if (went && duration > 0 && now() >= next_count) {
		next_count += 0.5;
		counts(ran_cs());
	}
	if (went && duration > 0 && now() - went >= duration && has("end"))
		finish("duration");
}

int main(void)
{
	static struct wire_reader reader;

	if (getpid() != 1)
		return 2;
	bring_up();
	for (;;) {
		struct pollfd in = {.fd = port, .events = POLLIN};
		char bytes[4096], *line;
		const char *data = bytes;
		size_t len = 0, line_len;
		ssize_t n;

		poll(&in, 1, 20);
		n = in.revents & POLLIN ? read(port, bytes, sizeof(bytes)) : 0;
		if (n > 0)
			len = (size_t)n;
		while ((line = wire_reader_feed(&reader, &data, &len, &line_len)))
			on_line(line);
		tick();
		if (in.revents & POLLHUP) /* the host has not opened it yet */
			poll(NULL, 0, 20);
	}
}
