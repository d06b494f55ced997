/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manual page, in mdoc(7): of the commands' own tables, the keys of scenarios and the ops, so
 * that it says what this very program takes.
 */
#include "harness/cli/help.h"
#include "harness/scenario/scenario.h"
#include "harness/verdict/verdict.h"
#include "guest-agent/contract/op.h"

#include <string.h>

/* Text that is not to be read as roff: a backslash, and a control character at a line's start. */
static void put(FILE *out, const char *text)
{
	gboolean start = TRUE;

	for (const char *p = text; *p; p++) {
		if (start && (*p == '.' || *p == '\''))
			fputs("\\&", out);
		if (*p == '\\')
			fputs("\\e", out);
		else if (*p == '-' && p[1] == '-')
			fputs("\\-", out);
		else
			fputc(*p, out);
		start = *p == '\n';
	}
	fputc('\n', out);
}

/* A paragraph, in lines of at most 76 columns; roff fills them again. */
static void put_line(FILE *out, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; words[i]; i++) {
		if (line->len && line->len + strlen(words[i]) > 75) {
			put(out, line->str);
			g_string_truncate(line, 0);
		}
		g_string_append_printf(line, "%s%s", line->len ? " " : "", words[i]);
	}
	put(out, line->str);
}

/* Lines that keep their form, such as the verbs of a command. */
static void put_block(FILE *out, const char *text)
{
	g_autofree char *body = g_strchomp(g_strdup(text));

	fputs(".Bd -literal -compact\n", out);
	put(out, body);
	fputs(".Ed\n", out);
}

static void show(const CommandHelp *help, const GOptionEntry *entries, gpointer user)
{
	FILE *out = user;

	fprintf(out, ".Ss %s\n.Bd -literal -compact\npfnhunt %s [options]%s%s\n.Ed\n", help->name,
		help->name, help->args ? " " : "", help->args ? help->args : "");
	if (help->summary) {
		fputs(".Pp\n", out);
		put_block(out, help->summary);
	}
	fputs(".Bl -tag -width Ds\n", out);
	for (const GOptionEntry *e = entries; e->long_name; e++) {
		if (!*e->long_name)
			continue;
		fputs(".It ", out);
		if (e->short_name)
			fprintf(out, "Fl %c , ", e->short_name);
		fprintf(out, "Fl \\-%s", e->long_name);
		if (e->arg != G_OPTION_ARG_NONE)
			fprintf(out, " Ar %s", e->arg_description);
		fputs("\n", out);
		put_line(out, e->description);
	}
	fputs(".It Fl h , Fl \\-help\nShow this help.\n.El\n", out);
	if (help->description)
		put_block(out, help->description);
}

static void put_keys(FILE *out)
{
	const char *group = "";

	fputs(".Sh SCENARIOS\nA scenario is an INI file.\n"
	      "A default stands in brackets behind its key.\n",
	      out);
	for (const ScenarioKey *k = scenario_keys; k->group; k++) {
		if (!g_str_equal(group, k->group))
			fprintf(out, "%s.Ss Group %s\n.Bl -tag -width Ds\n", *group ? ".El\n" : "",
				k->group);
		group = k->group;
		fprintf(out, ".It Cm %s", k->key);
		if (k->fallback && *k->fallback)
			fprintf(out, " Bq %s", k->fallback);
		fputs("\n", out);
		put_line(out, k->help);
		if (k->choices)
			fprintf(out, "(%s)\n", k->choices);
	}
	fputs(".El\n", out);
}

static void put_ops(FILE *out)
{
	const struct op *op;

	fputs(".Sh OPS\nWhat a scenario's\n.Bq Cm op NAME\ngroups may name.\n"
	      "Their parameters:\n.Nm\n.Cm list ops .\n.Bl -tag -width Ds\n",
	      out);
	for (size_t i = 0; (op = op_get(i)); i++) {
		fprintf(out, ".It Cm %s Pq %s\n", op->name, op_kind_name(op->kind));
		put_line(out, op->help);
	}
	fputs(".El\n", out);
}

static void put_exit(FILE *out)
{
	fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", out);
	for (int code = 0; code <= 4; code++) {
		gboolean first = TRUE;

		fprintf(out, ".It %d\n", code);
		if (code == 2) {
			fputs("a mistake in options, scenario or kernel\n", out);
			continue;
		}
		for (int v = 0; v < VERDICT_COUNT; v++)
			if (verdict_exit_code(v) == code) {
				fprintf(out, "%s%s", first ? "" : ", ", verdict_name(v));
				first = FALSE;
			}
		fputs("\n", out);
	}
	fputs(".El\n", out);
}

void help_man(FILE *out, const Command *commands)
{
	fputs(".\\\" Made by `pfnhunt help --man`.\n.Dd $Mdocdate$\n.Dt PFNHUNT 1\n.Os\n"
	      ".Sh NAME\n.Nm pfnhunt\n"
	      ".Nd hunt races between memory hotplug and PFN walkers in a guest\n"
	      ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op options\n"
	      ".Sh DESCRIPTION\n.Nm\n"
	      "boots a Linux kernel in a QEMU guest with a virtio-mem device, resizes it,\n"
	      "takes memory blocks offline and online again, and runs PFN walkers beside it.\n"
	      "The kernel's log is watched, splats become incidents with a cause and a stable\n"
	      "signature, and all evidence is kept.\n"
	      "Only guests are touched.\n"
	      ".Pp\nThe commands:\n.Bl -tag -width Ds\n",
	      out);
	for (const Command *c = commands; c->name; c++) {
		fprintf(out, ".It Cm %s\n", c->name);
		put_line(out, c->help);
	}
	fputs(".El\n.Sh COMMANDS\n", out);
	for (const Command *c = commands; c->name; c++)
		command_describe(c, show, out);
	put_keys(out);
	put_ops(out);
	fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
	      ".It Ev PFNHUNT_AGENT\nthe guest agent, instead of the installed one\n"
	      ".It Ev PFNHUNT_CONFIGS\nthe folder of the shipped scenarios\n"
	      ".It Ev PFNHUNT_QEMU_USER\nwhom QEMU of root runs as, instead of _pfnhunt, else "
	      "nobody;\nroot: no change\n"
	      ".It Ev PFNHUNT_RESULTS\nthe folder of the hunts\n.El\n",
	      out);
	put_exit(out);
	fputs(".Sh SEE ALSO\n.Xr qemu-system-x86_64 1 ,\n.Xr stress-ng 1\n", out);
}
