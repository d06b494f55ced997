/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: one table of commands, and nothing else. */
#include "harness/cli/triage.h"
#include "harness/cli/cmd.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *help;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"run", "boot a guest, hunt by a scenario, report (the default of ./hunt)", cmd_run},
	{"matrix", "run many scenarios on many kernels and print what fired where", cmd_matrix},
	{"kernel", "list and fetch kernels to hunt on", cmd_kernel},
	{"triage", "find splats and incidents in any kernel log", cmd_triage},
	{"results", "list, show, compare, merge what was hunted", cmd_results},
	{"report", "write hunts as HTML, JUnit, KTAP, JSON lines or Prometheus text", cmd_report},
	{"nightly", "hunt by a list within a time budget, and say what is new", cmd_nightly},
	{"replay", "run a kept boot again, and say how often the same came back", cmd_replay},
	{"backend", "see what a host can do, and clean up what killed hunts left on it",
	 cmd_backend},
	{"list", "show ops, scenarios, scenario keys, kernels or hunts", cmd_list},
};

static void usage(FILE *out)
{
	fprintf(out, "Usage: pfnhunt COMMAND [OPTIONS]\n\n"
		     "Hunts races between Linux memory hotplug and PFN walkers in a QEMU guest.\n\n"
		     "Commands:\n");
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\npfnhunt COMMAND --help shows a command's options.\n"
		     "Exit codes: 0 clean, 1 incident or hang, 2 usage, 3 our own failure, "
		     "4 unexposed.\n");
}

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("pfnhunt %s\n", PFNHUNT_VERSION);
		return 0;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "pfnhunt: no command '%s'; there are", argv[1]);
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++)
		fprintf(stderr, " %s", commands[i].name);
	fprintf(stderr, "\n");
	return 2;
}
