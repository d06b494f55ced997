/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The completion for bash. Words come from the tables of the commands; what an option or an
 * argument may be (kernels, scenarios, hunts) from `pfnhunt list` at the moment it is asked for.
 */
#include "harness/cli/help.h"

#include <string.h>

/* What completes an argument, by the word that stands for it in the help. */
static const struct {
	const char *word, *how;
} sources[] = {
	{"SCENARIO", "$(pfnhunt list scenarios 2>/dev/null | cut -d' ' -f1)"},
	{"KERNEL", "$(pfnhunt list kernels 2>/dev/null | cut -d' ' -f1)"},
	{"ID", "last $(pfnhunt list hunts 2>/dev/null | cut -d' ' -f1)"},
	{"WHAT", "ops scenarios pressure keys probes kernels hunts"},
	{"ACCEL", "auto kvm tcg"},
};

static const char *source_of(const char *text)
{
	for (gsize i = 0; text && i < G_N_ELEMENTS(sources); i++)
		if (strstr(text, sources[i].word))
			return sources[i].how;
	return NULL;
}

static void show(const CommandHelp *help, const GOptionEntry *entries, gpointer user)
{
	FILE *out = user;
	const char *how = source_of(help->args);

	fprintf(out, "\t%s)\n\t\tcase $prev in\n", help->name);
	for (const GOptionEntry *e = entries; e->long_name; e++) {
		if (!*e->long_name || e->arg == G_OPTION_ARG_NONE)
			continue;
		fprintf(out, "\t\t--%s", e->long_name);
		if (e->short_name)
			fprintf(out, " | -%c", e->short_name);
		if (e->arg == G_OPTION_ARG_FILENAME)
			fprintf(out, ") COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n");
		else
			fprintf(out, ") words=\"%s\" ;;\n",
				source_of(e->arg_description) ? source_of(e->arg_description) : "");
	}
	fprintf(out, "\t\t*) words=\"%s --help", how ? how : "");
	for (const GOptionEntry *e = entries; e->long_name; e++)
		if (*e->long_name)
			fprintf(out, " --%s", e->long_name);
	fprintf(out, "\" ;;\n\t\tesac ;;\n");
}

void help_completion(FILE *out, const Command *commands)
{
	fprintf(out,
		"# bash completion for pfnhunt; made by `pfnhunt help --completion`\n"
		"_pfnhunt() {\n"
		"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		"\t\tCOMPREPLY=($(compgen -W \"--help --version");
	for (const Command *c = commands; c->name; c++)
		fprintf(out, " %s", c->name);
	fprintf(out, "\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (const Command *c = commands; c->name; c++)
		command_describe(c, show, out);
	fprintf(out, "\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
		     "\tcase $cur in -*) ;; *) COMPREPLY+=($(compgen -f -- \"$cur\")) ;; esac\n"
		     "}\ncomplete -o filenames -F _pfnhunt pfnhunt\n");
}
