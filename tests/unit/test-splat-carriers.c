/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every golden log in every form of every carrier: what is found must have the signatures that the
 * log itself gives. The forms are the examples of the one table (harness/splat/carriers.c), and
 * docs/incidents.md must name each of its rows.
 */
#include "harness/incident/triage.h"
#include "harness/splat/carriers.h"

#include <string.h>

/* What a form makes of a line. */
typedef struct {
	char *line, *message;
	char seconds[32];
	gint64 us;
} Source;

static void append_json(GString *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			g_string_append_c(out, '\\');
		if (*s == '\t')
			g_string_append(out, "\\t");
		else if ((guchar)*s < 0x20 || *s == '<' || *s == '&')
			g_string_append_printf(out, "\\u%04x", (guint)*s);
		else
			g_string_append_c(out, *s);
	}
}

static void append_doubled(GString *out, const char *s, char quote)
{
	for (; *s; s++) {
		if (*s == quote)
			g_string_append_c(out, quote);
		g_string_append_c(out, *s);
	}
}

static void append_html(GString *out, const char *s)
{
	g_autofree char *escaped = g_markup_escape_text(s, -1);

	g_string_append(out, escaped);
}

static void append_kmsg(GString *out, const char *s)
{
	for (; *s; s++) {
		if ((guchar)*s < 0x20 || *s == '\\')
			g_string_append_printf(out, "\\x%02x", (guint)*s);
		else
			g_string_append_c(out, *s);
	}
}

/* "func+0x1/0x2 [module]" becomes "func (mm/file.c:77) module". */
static void append_decoded(GString *out, const char *line)
{
	g_autoptr(GRegex) regex = g_regex_new(
		"([A-Za-z_][A-Za-z0-9_.]*)\\+0x[0-9a-f]+/0x[0-9a-f]+(?: \\[([A-Za-z0-9_]+)\\])?", 0,
		0, NULL);
	g_autofree char *text = g_regex_replace(
		regex, line, -1, 0, "\\1 (mm/file.c:77 (discriminator 3)) \\2", 0, NULL);

	g_string_append(out, g_strchomp(text));
}

static void append_half(GString *out, const char *message, gboolean first)
{
	gsize half = strlen(message) / 2;

	g_string_append_len(out, first ? message : message + half,
			    (gssize)(first ? half : strlen(message) - half));
}

static void append_directive(GString *out, char directive, const Source *source)
{
	gsize len = strlen(source->message);

	switch (directive) {
	case 'l':
		g_string_append(out, source->line);
		break;
	case 'm':
		g_string_append(out, source->message);
		break;
	case 't':
		g_string_append(out, source->seconds);
		break;
	case 'u':
		g_string_append_printf(out, "%" G_GINT64_FORMAT, source->us);
		break;
	case 'a':
	case 'b':
		append_half(out, source->message, directive == 'a');
		break;
	case 'A':
	case 'N':
		g_string_append_printf(out, "%" G_GSIZE_FORMAT, directive == 'A' ? len / 2 : len);
		break;
	case 'J':
	case 'j':
		append_json(out, directive == 'J' ? source->line : source->message);
		break;
	case 'Y':
		append_doubled(out, source->line, '\'');
		break;
	case 'C':
	case 'M':
		append_doubled(out, directive == 'C' ? source->line : source->message, '"');
		break;
	case 'H':
		append_html(out, source->line);
		break;
	case 'K':
		append_kmsg(out, source->message);
		break;
	case 'D':
		append_decoded(out, source->line);
		break;
	default:
		g_assert_cmpint(directive, ==, '%');
		g_string_append_c(out, '%');
	}
}

static void append_form(GString *out, const char *form, const Source *source)
{
	for (const char *s = form; *s; s++) {
		if (*s == '%')
			append_directive(out, *++s, source);
		else
			g_string_append_c(out, *s);
	}
	g_string_append_c(out, '\n');
}

/* Splits the line at its stamp. One without has the time of the one before it. */
static void read_source(Source *source, char *line)
{
	const char *after =
		*line == '[' ? splat_line_read_time(line, line + strlen(line), &source->us) : NULL;

	source->line = line;
	source->message = after ? line + (after - line) + (*after == ' ') : line;
	g_snprintf(source->seconds, sizeof(source->seconds), "%5d.%06d",
		   (int)(source->us / G_USEC_PER_SEC), (int)(source->us % G_USEC_PER_SEC));
}

static char *wrap(const char *log, const char *form)
{
	g_auto(GStrv) lines = g_strsplit(log, "\n", -1);
	GString *out = g_string_new(NULL);
	Source source = {0};

	for (char **line = lines; *line; line++) {
		if (!line[1] && !**line)
			break;
		g_strchomp(*line); /* CR */
		read_source(&source, *line);
		append_form(out, form, &source);
	}
	return g_string_free(out, FALSE);
}

static char *signatures(const char *log, gboolean emulated)
{
	TriageConfig config = {.emulated = emulated};
	g_autoptr(Triage) triage = triage_new(&config, NULL, NULL);
	GString *found = g_string_new(NULL);

	triage_feed(triage, TRIAGE_CONSOLE, log, strlen(log), -1, 0);
	triage_finish(triage);
	for (guint i = 0; i < triage_incidents(triage)->len; i++) {
		const Incident *incident = triage_incidents(triage)->pdata[i];

		g_string_append_printf(found, "%s\n", incident->signature);
	}
	return g_string_free(found, FALSE);
}

/* The log behind the header of a golden file. */
static const char *skip_header(const char *text)
{
	const char *log = *text == '\n' ? text : strstr(text, "\n\n");

	g_assert_nonnull(log);
	return log + (log == text ? 1 : 2);
}

static guint check_form(const char *name, const char *log, gboolean emulated, const char *expected,
			const SplatCarrier *carrier, const char *form)
{
	g_autofree char *wrapped = wrap(log, form);
	g_autofree char *found = signatures(wrapped, emulated);

	if (strcmp(found, expected) == 0)
		return 0;
	g_test_message("%s in %s, \"%s\":\n%sinstead of\n%s", name, carrier->name, form, found,
		       expected);
	if (g_getenv("PFNHUNT_KEEP"))
		g_file_set_contents(g_getenv("PFNHUNT_KEEP"), wrapped, -1, NULL);
	return 1;
}

static void test_carrier(gconstpointer data)
{
	const SplatCarrier *carrier = data;
	const char *dir_name = g_getenv("PFNHUNT_SPLATS");
	g_autoptr(GDir) dir = g_dir_open(dir_name, 0, NULL);
	const char *name;
	guint wrong = 0, logs = 0;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(dir_name, name, NULL);
		g_autofree char *text = NULL, *expected = NULL;
		const char *log;
		gboolean emulated;

		if (!g_str_has_suffix(name, ".log"))
			continue;
		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		emulated = strstr(text, "given-emulated: yes") != NULL;
		log = skip_header(text);
		expected = signatures(log, emulated);
		for (const char *const *form = carrier->form; *form; form++)
			wrong += check_form(name, log, emulated, expected, carrier, *form);
		logs++;
	}
	g_assert_cmpuint(logs, >, 0);
	if (wrong)
		g_test_fail_printf("%u forms of %u logs", wrong, logs);
}

static void test_docs(void)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(g_getenv("PFNHUNT_INCIDENTS_MD"), &text, NULL, NULL));
	for (guint i = 0; i < splat_carriers_count; i++) {
		g_autofree char *row = g_strdup_printf("| %s | %s |", splat_carriers[i].name,
						       splat_carriers[i].what);

		if (!strstr(text, row))
			g_test_fail_printf("docs/incidents.md has no row \"%s\"", row);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < splat_carriers_count; i++) {
		g_autofree char *path =
			g_strconcat("/splat-carriers/", splat_carriers[i].name, NULL);

		g_test_add_data_func(path, &splat_carriers[i], test_carrier);
	}
	g_test_add_func("/splat-carriers/docs", test_docs);
	return g_test_run();
}
