/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See options.h. */
#include "harness/cli/options.h"

static struct {
	CommandShow show;
	gpointer user;
} describing;

gboolean command_parse(const CommandHelp *help, const GOptionEntry *entries, int *argc,
		       char ***argv, GError **error)
{
	g_autofree char *program = g_strdup_printf("pfnhunt %s", help->name);
	g_autoptr(GOptionContext) context = NULL;

	if (describing.show) {
		describing.show(help, entries, describing.user);
		return FALSE;
	}
	g_set_prgname(program);
	context = g_option_context_new(help->args);
	g_option_context_set_summary(context, help->summary);
	g_option_context_set_description(context, help->description);
	g_option_context_add_main_entries(context, entries, NULL);
	return g_option_context_parse(context, argc, argv, error);
}

void command_describe(const Command *command, CommandShow show, gpointer user)
{
	char *argv[] = {(char *)command->name, NULL};

	describing.show = show;
	describing.user = user;
	command->run(1, argv);
	describing.show = NULL;
}
