/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: one table of commands, and nothing else. */
#include "harness/cli/cmd.h"
#include "harness/cli/help.h"
#include "harness/cli/triage.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int help(int argc, char **argv);

static const Command commands[] = {
	{"run", "boot a guest, hunt by a scenario, report (the default of ./hunt)", cmd_run},
	{"matrix", "run many scenarios on many kernels and print what fired where", cmd_matrix},
	{"kernel", "list and fetch kernels to hunt on", cmd_kernel},
	{"triage", "find splats and incidents in any kernel log", cmd_triage},
	{"known", "say what is known and need wake nobody: add, list, remove", cmd_known},
	{"results", "list, show, compare, merge what was hunted", cmd_results},
	{"report", "write hunts as HTML, JUnit, KTAP, JSON lines or Prometheus text", cmd_report},
	{"nightly", "hunt by a list within a time budget, and say what is new", cmd_nightly},
	{"replay", "run a kept boot again, and say how often the same came back", cmd_replay},
	{"backend", "see what a host can do, and clean up what killed hunts left on it",
	 cmd_backend},
	{"list", "show ops, scenarios, scenario keys, kernels or hunts", cmd_list},
	{"help", "show the help of a command", help},
	{NULL},
};

static int help(int argc, char **argv)
{
	return cmd_help(argc, argv, commands);
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
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
	fprintf(stderr, "pfnhunt: no command '%s'; there are", argv[1]);
	for (const Command *c = commands; c->name; c++)
		fprintf(stderr, " %s", c->name);
	fprintf(stderr, "\n");
	return 2;
}
