/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options and files of `pfnhunt triage`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cli/options.h"
#include "harness/cli/known.h"
#include "harness/cli/triage.h"

#define BUFFER_BYTES (256 * 1024)

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
		{"json", 0, 0, G_OPTION_ARG_NONE, &o->json, "One JSON object a line for each file",
		 NULL},
		{"strict", 0, 0, G_OPTION_ARG_NONE, &o->strict,
		 "Known issues make the exit code 1, too", NULL},
		CMD_KNOWN_OPTION(&o->known_issues),
		{"vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &o->vmlinux,
		 "Kernel with debug information, to decode frames", "FILE"},
		{"modules-debug", 0, 0, G_OPTION_ARG_FILENAME, &o->modules_debug,
		 "Modules with debug information", "DIR"},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->files, NULL, NULL},
		{NULL},
	};
	const CommandHelp help = {
		.name = "triage",
		.args = "[FILE...]",
		.summary = "Finds the kernel's complaints in log files (or stdin), and says what "
			   "caused what.\nExit code: 0 nothing new, 1 something unknown, 2 usage, "
			   "3 unreadable file.",
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

/* Reads @fd to its end. Returns 0, or -errno. */
static int feed(Triage *triage, int fd)
{
	g_autofree char *buffer = g_malloc(BUFFER_BYTES);

	for (;;) {
		ssize_t n = read(fd, buffer, BUFFER_BYTES);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		triage_feed(triage, TRIAGE_CONSOLE, buffer, (gsize)n, -1, 0);
	}
}

static int feed_file(Triage *triage, const char *name)
{
	gboolean in = strcmp(name, "-") == 0;
	int fd = in ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return -errno;
	result = feed(triage, fd);
	if (!in)
		close(fd);
	return result;
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

/* Returns the exit code of one file. */
static int triage_file(const Options *o, const char *name)
{
	TriageConfig config = {.known_issues = o->known};
	g_autoptr(Triage) triage = triage_new(&config, NULL, NULL);
	int result = feed_file(triage, name);

	if (result) {
		g_printerr("pfnhunt triage: %s: %s\n", name, g_strerror(-result));
		return 3;
	}
	triage_finish(triage);
	if (o->json)
		cmd_triage_print_json(name, triage, o->decoder);
	else
		cmd_triage_print_text(name, triage, o->decoder);
	return unknown_found(o, triage) ? 1 : 0;
}

int cmd_triage(int argc, char **argv)
{
	g_auto(Options) options = {0};
	g_autoptr(GError) error = NULL;
	static char *standard_input[] = {"-", NULL};
	int worst = 0;

	if (!parse(&options, &argc, &argv, &error) || !prepare(&options, &error)) {
		if (error)
			g_printerr("pfnhunt triage: %s\n", error->message);
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
