/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See help.h. */
#include "harness/cli/help.h"
#include "harness/cli/fail.h"
#include "harness/cli/paths.h"

#include <string.h>

void help_usage(FILE *out, const Command *commands)
{
	g_autofree char *configs = paths_configs(), *agent = paths_agent(arch_host()),
			*results = paths_results(), *docs = paths_docs();

	fprintf(out, "Usage: pfnhunt COMMAND [OPTIONS]\n\n"
		     "Hunts races between Linux memory hotplug and PFN walkers in a QEMU guest.\n\n"
		     "Commands:\n");
	for (const Command *c = commands; c->name; c++)
		fprintf(out, "  %-8s %s\n", c->name, c->help);
	fprintf(out, "\npfnhunt COMMAND --help, or pfnhunt help COMMAND, shows a command's "
		     "options.\n" COMMAND_EXIT_CODES);
	fprintf(out,
		"\nFiles:\n"
		"  scenarios    %s ($PFNHUNT_CONFIGS)\n"
		"  guest agent  %s ($PFNHUNT_AGENT)\n"
		"  hunts        %s ($PFNHUNT_RESULTS)\n"
		"  manual       %s/README.md\n",
		configs, agent, results, docs);
}

int cmd_help(int argc, char **argv, const Command *commands)
{
	gboolean man = FALSE, completion = FALSE;
	const GOptionEntry entries[] = {
		{"man", 0, 0, G_OPTION_ARG_NONE, &man, "print the man page, in mdoc(7)", NULL},
		{"completion", 0, 0, G_OPTION_ARG_NONE, &completion,
		 "print bash completion: . <(pfnhunt help --completion)", NULL},
		G_OPTION_ENTRY_NULL,
	};
	const CommandHelp help = {
		.name = "help", .args = "[COMMAND]", .summary = "Shows the help of a command."};
	g_autoptr(GError) error = NULL;

	if (!command_parse(&help, entries, &argc, &argv, &error))
		return error ? cmd_fail(error) : 0;
	if (man || completion) {
		(man ? help_man : help_completion)(stdout, commands);
		return 0;
	}
	for (const Command *c = commands; argc > 1 && c->name; c++)
		if (c->run && strcmp(c->name, argv[1]) == 0) {
			char *args[] = {argv[1], (char *)"--help", NULL};

			return c->run(2, args);
		}
	help_usage(argc > 1 ? stderr : stdout, commands);
	return argc > 1 ? 2 : 0;
}
