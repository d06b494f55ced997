/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See splat.h. The triage that found it finds it again. */
#include "harness/results/splat.h"
#include "host-driver/base/json.h"
#include "host-driver/base/open.h"
#include "harness/incident/triage.h"
#include "host-driver/base/units.h"

#include <string.h>
#include <unistd.h>

#define CONSOLE_MAX_BYTES (64 << 20)

static void feed_console(Triage *triage, const RBoot *b)
{
	g_autofree char *path = g_build_filename(b->dir, "console.log", NULL);
	int fd = open_file(path, OPEN_FOUND, RESULTS_FILE_MAX_BYTES, NULL);
	gsize total = 0;
	char buf[65536];
	ssize_t n;

	while (fd >= 0 && total < CONSOLE_MAX_BYTES && (n = read(fd, buf, sizeof(buf))) > 0) {
		triage_feed(triage, TRIAGE_CONSOLE, buf, (gsize)n, -1, 0);
		total += (gsize)n;
	}
	if (fd >= 0)
		close(fd);
}

static gboolean feed_record(JsonObject *line, gpointer user)
{
	const char *text = rj_text(line, "text", "");

	triage_feed(user, TRIAGE_KMSG, text, strlen(text), rj_count(line, "t_us", 0), 0);
	return TRUE;
}

static const Splat *find(const Triage *triage, const char *title, const char *signature)
{
	const GPtrArray *splats = triage_splats(triage);

	for (guint i = 0; i < splats->len; i++) {
		const Splat *s = g_ptr_array_index(splats, i);

		if (g_str_equal(s->signature, signature) && g_str_equal(s->title, title))
			return s;
	}
	return NULL;
}

static char *cut(const Splat *splat, guint max_lines)
{
	g_auto(GStrv) lines = g_strsplit(splat->text->str, "\n", -1);
	GString *text = g_string_new(NULL);
	guint count = g_strv_length(lines);

	while (count && !*lines[count - 1])
		count--;
	for (guint i = 0; i < MIN(count, max_lines); i++) {
		g_autofree char *line = units_printable(lines[i]);

		g_string_append_printf(text, "%s\n", line);
	}
	if (count > max_lines)
		g_string_append_printf(text, "(%u more lines)\n", count - max_lines);
	return g_string_free(text, FALSE);
}

/* The frames with files and lines, inlined functions too, behind what was logged. */
static void append_decoded(GString *text, const Splat *splat, Decoder *decoder, guint max_lines)
{
	g_autofree char *why = NULL;
	g_autoptr(GPtrArray) frames = decoder_splat(decoder, splat, &why);

	g_string_append(text, "decoded:\n");
	for (guint i = 0; i < MIN(frames->len, max_lines); i++) {
		g_auto(GStrv) lines = g_strsplit(g_ptr_array_index(frames, i), "\n", -1);

		for (char **l = lines; *l; l++) {
			g_autofree char *line = units_printable(*l);

			g_string_append_printf(text, " %s\n", line);
		}
	}
	if (why)
		g_string_append_printf(text, "(frames left as they are: %s)\n", why);
}

static char *text_of(const Splat *splat, Decoder *decoder, guint max_lines)
{
	g_autofree char *logged = cut(splat, max_lines);
	GString *text = g_string_new(logged);

	if (decoder && splat->frames->len)
		append_decoded(text, splat, decoder, max_lines);
	return g_string_free(text, FALSE);
}

char *results_splat_text(const RBoot *b, const char *title, const char *signature, guint max_lines)
{
	TriageConfig config = {.kernel = b->kernel};
	g_autoptr(GString) now = g_string_new(title);

	/* as older versions wrote it */
	g_string_replace(now, " in corrupted", " in " SPLAT_NO_FUNCTION, 0);
	for (guint source = 0; source < 2; source++) {
		g_autoptr(Triage) triage = triage_new(&config, NULL, NULL);
		const Splat *splat;

		if (!triage)
			return NULL;
		if (source == 0)
			feed_console(triage, b);
		else
			rj_lines(b->dir, "kmsg.jsonl", feed_record, triage);
		triage_finish(triage);
		splat = find(triage, now->str, signature);
		if (splat)
			return text_of(splat, b->decoder, max_lines);
	}
	return NULL;
}
