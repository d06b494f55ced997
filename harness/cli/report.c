/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt report`: writes hunts as one file, for people or machines. */
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/known.h"
#include "harness/cli/options.h"
#include "harness/cli/paths.h"
#include "harness/report/formats.h"
#include "harness/results/rejudge.h"
#include "host-driver/base/error.h"

#include <stdio.h>
#include <string.h>

typedef struct {
	char *dir, *out, *format, *vmlinux, *modules_debug, *known_issues;
	char **ids;
} Options;

static const ReportFormat *find_format(const Options *opt, GError **error)
{
	const ReportFormat *format = report_format_find(opt->format, opt->out);
	g_autofree char *names = report_format_names(", ");

	if (!format && opt->format)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "--format %s: there are %s",
			    opt->format, names);
	else if (!format)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "--output %s: its suffix is of no format; pass --format, one of %s",
			    opt->out, names);
	return format;
}

static GPtrArray *load_hunts(const Options *opt, GError **error)
{
	static char *last[] = {(char *)"last", NULL};
	g_autoptr(GPtrArray) hunts =
		g_ptr_array_new_with_free_func((GDestroyNotify)results_hunt_free);
	char **ids = opt->ids && opt->ids[0] ? opt->ids : last;

	for (guint i = 0; ids[i]; i++) {
		g_autofree char *dir = results_find(opt->dir, ids[i], error);
		RHunt *hunt = dir ? results_hunt_load(dir, TRUE, error) : NULL;

		if (!hunt)
			return NULL;
		g_ptr_array_add(hunts, hunt);
	}
	return g_steal_pointer(&hunts);
}

static void decode_with(const GPtrArray *hunts, Decoder *decoder)
{
	for (guint i = 0; i < hunts->len; i++) {
		const RHunt *hunt = g_ptr_array_index(hunts, i);

		for (guint k = 0; k < hunt->boots->len; k++)
			((RBoot *)g_ptr_array_index(hunt->boots, k))->decoder = decoder;
	}
}

/* By --known-issues; without it hunts are told as they were judged when they ran. */
static gboolean rejudge(const Options *opt, const GPtrArray *hunts, GError **error)
{
	g_autoptr(TriageKnown) known = NULL;

	if (!opt->known_issues)
		return TRUE;
	known = cmd_known_load(opt->known_issues, NULL, error);
	for (guint i = 0; known && i < hunts->len; i++)
		results_rejudge(g_ptr_array_index(hunts, i), known);
	return known != NULL;
}

static Decoder *open_decoder(const Options *opt, GError **error)
{
	if (opt->vmlinux)
		return decoder_new(opt->vmlinux, opt->modules_debug, error);
	if (opt->modules_debug)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "--modules-debug needs --vmlinux");
	return NULL;
}

static int report(const Options *opt, GError **error)
{
	const ReportFormat *format = find_format(opt, error);
	g_autoptr(Decoder) decoder = NULL;
	g_autoptr(GPtrArray) hunts = NULL;
	g_autoptr(GError) bad = NULL;
	g_autofree char *text = NULL;

	if (!format)
		return -1;
	decoder = open_decoder(opt, error);
	if (!decoder && (opt->vmlinux || opt->modules_debug))
		return -1;
	hunts = load_hunts(opt, error);
	if (!hunts || !rejudge(opt, hunts, error))
		return -1;
	decode_with(hunts, decoder);
	text = format->make(hunts);
	if (!opt->out) {
		fputs(text, stdout);
		return 0;
	}
	/* Replaced atomically: a collector never sees half of it. */
	if (g_file_set_contents_full(opt->out, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
				     &bad))
		return 0;
	g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, bad->message);
	return -1;
}

int cmd_report(int argc, char **argv)
{
	g_autofree char *names = report_format_names(", ");
	g_autofree char *format_help = g_strdup_printf("%s (default: the suffix of --output, "
						       "else %s)",
						       names, report_formats[0].name);
	Options o = {0};
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &o.out,
		 "file to write (default, and -: standard output); its suffix selects the format",
		 "FILE"},
		{"format", 'f', 0, G_OPTION_ARG_STRING, &o.format, format_help, "FORMAT"},
		{"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &o.vmlinux,
		 "kernel with debug information, to show files and lines in splats", "FILE"},
		{"modules-debug", 0, 0, G_OPTION_ARG_FILENAME, &o.modules_debug,
		 "modules with debug information, for --vmlinux", "DIR"},
		{"known-issues", 0, 0, G_OPTION_ARG_FILENAME, &o.known_issues,
		 "judge what was recorded by this known-issues file alone (default: as it was "
		 "judged when it ran)",
		 "FILE"},
		{"results", 0, 0, G_OPTION_ARG_FILENAME, &o.dir,
		 "folder of the hunts (default: results/runs)", "DIR"},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o.ids, NULL, NULL},
		G_OPTION_ENTRY_NULL,
	};
	CommandHelp about = {
		.name = "report",
		.args = "[ID...]",
		.summary = "ID is a hunt's ID or a prefix of it, its folder's path, or 'last' (the "
			   "default).",
	};
	g_autoptr(GString) help = g_string_new("Formats:\n");
	g_autoptr(GError) error = NULL;
	int code = -1;

	for (const ReportFormat *f = report_formats; f->name; f++)
		g_string_append_printf(help, "  %-11s %s\n", f->name, f->help);
	about.description = help->str;
	if (command_parse(&about, entries, &argc, &argv, &error)) {
		if (!o.dir)
			o.dir = paths_results();
		if (g_strcmp0(o.out, "-") == 0)
			g_clear_pointer(&o.out, g_free);
		code = report(&o, &error);
	}
	if (error)
		code = cmd_fail(error);
	g_free(o.dir);
	g_free(o.out);
	g_free(o.format);
	g_free(o.vmlinux);
	g_free(o.modules_debug);
	g_free(o.known_issues);
	g_strfreev(o.ids);
	return code;
}
