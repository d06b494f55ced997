/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and files of `pfnhunt triage`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "harness/cli/known.h"
#include "harness/cli/triage.h"
#include "harness/splat/input.h"
#include "host-driver/base/text.h"

#define UNPACKED_MAX (1ull << 30) /* of a compressed log */

typedef struct {
	gboolean json, strict;
	char *known_issues, *vmlinux, *modules_debug;
	char **files;
	TriageKnown *known;
	Decoder *decoder;
} Options;

static void options_clear(Options *options)
{
	g_free(options->known_issues);
	g_free(options->vmlinux);
	g_free(options->modules_debug);
	g_strfreev(options->files);
	decoder_free(options->decoder);
	triage_known_free(options->known);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean parse(Options *o, int *argc, char ***argv, GError **error)
{
	const GOptionEntry entries[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &o->json,
		 "print JSON, one object per file and line", NULL},
		{"strict", 0, 0, G_OPTION_ARG_NONE, &o->strict,
		 "count known issues like unknown ones", NULL},
		CMD_KNOWN_OPTION(&o->known_issues),
		{"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &o->vmlinux,
		 "kernel with debug information, to decode frames", "FILE"},
		{"modules-debug", 0, 0, G_OPTION_ARG_FILENAME, &o->modules_debug,
		 "modules with debug information, for --vmlinux", "DIR"},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->files, NULL, NULL},
		{NULL},
	};
	const CommandHelp help = {
		.name = "triage",
		.args = "[FILE...]",
		.summary = "Finds splats in kernel logs (or stdin) and groups them into incidents "
			   "by cause.\nExit codes: 0 nothing unknown, 1 something unknown, 2 "
			   "usage, 3 an unreadable file, or one that is cut off and nothing was "
			   "found.",
	};

	return command_parse(&help, entries, argc, argv, error);
}

static gboolean prepare(Options *o, GError **error)
{
	o->known = cmd_known_load(o->known_issues, NULL, error);
	if (!o->known)
		return FALSE;
	if (o->modules_debug && !o->vmlinux) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED,
			    "--modules-debug needs --vmlinux");
		return FALSE;
	}
	if (o->vmlinux)
		o->decoder = decoder_new(o->vmlinux, o->modules_debug, error);
	return !o->vmlinux || o->decoder;
}

static void feed(const char *data, gsize len, gpointer user)
{
	triage_feed(user, TRIAGE_CONSOLE, data, len, -1, 0);
}

static gboolean feed_file(Triage *triage, const char *name, SplatInputFlaws *flaws, GError **error)
{
	gboolean in = strcmp(name, "-") == 0, good;
	int fd = in ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		g_set_error_literal(error, G_FILE_ERROR, g_file_error_from_errno(errno),
				    g_strerror(errno));
		return FALSE;
	}
	good = splat_input_read(fd, UNPACKED_MAX, feed, triage, flaws, error);
	if (!in)
		close(fd);
	return good;
}

static gboolean unknown_found(const Options *o, const Triage *triage)
{
	const GPtrArray *incidents = triage_incidents(triage);

	for (guint i = 0; i < incidents->len; i++) {
		const Incident *incident = g_ptr_array_index(incidents, i);

		if (incident->family != FAMILY_EMULATOR && (o->strict || !incident->known))
			return TRUE;
	}
	return FALSE;
}

/* Of a file in which nothing was found: only if it was read to its end is that an answer. */
static gboolean tell_flaws(const char *name, const SplatInputFlaws *flaws)
{
	if (flaws->nuls)
		g_printerr("pfnhunt triage: %s: %" G_GUINT64_FORMAT " NUL bytes were left out\n",
			   name, flaws->nuls);
	if (flaws->cut)
		g_printerr("pfnhunt triage: %s: is cut off, read as far as it goes: %s\n", name,
			   text_clean(flaws->cut));
	return !flaws->cut;
}

/* Returns the exit code of one file. */
static int triage_file(const Options *o, const char *name)
{
	TriageConfig config = {.known_issues = o->known};
	g_autoptr(GError) error = NULL;
	g_autoptr(Triage) triage = triage_new(&config, NULL, NULL);
	g_autofree char *clean = text_clean_copy(name);
	SplatInputFlaws flaws = {0};
	gboolean whole;

	if (!feed_file(triage, name, &flaws, &error)) {
		g_autofree char *said = cmd_said(error);

		g_printerr("pfnhunt triage: %s: %s\n", clean, said);
		g_free(flaws.cut);
		return 3;
	}
	whole = tell_flaws(clean, &flaws);
	g_free(flaws.cut);
	triage_finish(triage);
	if (o->json)
		cmd_triage_print_json(name, triage, o->decoder);
	else
		cmd_triage_print_text(name, triage, o->decoder);
	if (unknown_found(o, triage))
		return 1;
	return whole || triage_incidents(triage)->len ? 0 : 3;
}

int cmd_triage(int argc, char **argv)
{
	g_auto(Options) options = {0};
	g_autoptr(GError) error = NULL;
	static char *standard_input[] = {"-", NULL};
	int worst = 0;

	if (!parse(&options, &argc, &argv, &error) || !prepare(&options, &error)) {
		g_autofree char *said = error ? cmd_said(error) : NULL;

		if (said)
			g_printerr("pfnhunt triage: %s\n", said);
		return error ? 2 : 0;
	}
	for (char **file = options.files ? options.files : standard_input; *file; file++) {
		int code = triage_file(&options, *file);

		worst = MAX(worst, code);
	}
	if (fflush(stdout) != 0) {
		g_printerr("pfnhunt triage: cannot write: %s\n", g_strerror(errno));
		return 3;
	}
	return worst;
}
