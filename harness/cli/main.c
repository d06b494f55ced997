/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: one table of commands. */
#include "harness/cli/cmd.h"
#include "harness/cli/help.h"
#include "harness/cli/triage.h"
#include "host-driver/base/units.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int help(int argc, char **argv);

static const Command commands[] = {
	{"run", "boot guests, run a scenario, report what fired (default of ./hunt)", cmd_run},
	{"matrix", "run many scenarios on many kernels and print what fired where", cmd_matrix},
	{"kernel", "list and fetch kernels to hunt on", cmd_kernel},
	{"triage", "find splats and incidents in any kernel log", cmd_triage},
	{"known", "manage known issues, which do not fail a hunt: add, list, remove", cmd_known},
	{"results", "list, show, compare and merge hunts", cmd_results},
	{"report", "write hunts as HTML, JUnit, KTAP, JSON lines or Prometheus text", cmd_report},
	{"nightly", "run a list of scenarios within a time budget, report what is new",
	 cmd_nightly},
	{"replay", "rerun a kept boot, report how often the same signature fires", cmd_replay},
	{"backend", "check what a host can run, clean up after killed hunts", cmd_backend},
	{"list", "show ops, scenarios, scenario keys, kernels or hunts", cmd_list},
	{"help", "show the help of a command", help},
	{NULL},
};

static int help(int argc, char **argv)
{
	return cmd_help(argc, argv, commands);
}

/* The output gate: messages may contain text from a guest, QEMU or a received folder. */
static void print_error(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_autofree char *line = units_printable(lines[i]);

		fprintf(stderr, "%s%s", line, lines[i + 1] ? "\n" : "");
	}
}

/* Like SIGTERM, unless it is ignored, as under nohup. */
static void on_hangup(int signum)
{
	kill(getpid(), SIGTERM);
}

static void watch_hangup(void)
{
	struct sigaction old, hangup = {.sa_handler = on_hangup, .sa_flags = SA_RESTART};

	if (sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &hangup, NULL);
}

/* Output that could not be written is a failure. A reader that closes the pipe is not. */
static int close_stdout(int code)
{
	struct pollfd reader = {.fd = STDOUT_FILENO};
	gboolean failed = ferror(stdout);
	int err = fflush(stdout) == 0 ? 0 : errno;

	if (!failed && err == 0)
		return code;
	if (err == EPIPE || (poll(&reader, 1, 0) == 1 && reader.revents & POLLERR))
		return code;
	g_printerr("pfnhunt: standard output: %s\n", err ? g_strerror(err) : "cannot be written");
	return 3;
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		help_usage(stderr, commands);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help_usage(stdout, commands);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("pfnhunt %s\n", PFNHUNT_VERSION);
		return 0;
	}
	for (const Command *c = commands; c->name; c++)
		if (strcmp(argv[1], c->name) == 0)
			return c->run(argc - 1, argv + 1);
	g_printerr("pfnhunt: no command '%s'; commands are", argv[1]);
	for (const Command *c = commands; c->name; c++)
		g_printerr(" %s", c->name);
	g_printerr("\n");
	return 2;
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	/* In the locale "C" GLib refuses file names that are not ASCII. */
	if (g_str_equal(nl_langinfo(CODESET), "ANSI_X3.4-1968"))
		setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is told as a failed write */
	watch_hangup();
	g_set_printerr_handler(print_error);
	return close_stdout(run(argc, argv));
}
