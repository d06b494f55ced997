/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See formats.h. */
#include "harness/report/cases.h"
#include "harness/report/formats.h"
#include "host-driver/base/text.h"

/* XML has no way to write the last two of a plane, which are no characters. */
static gboolean is_allowed(gunichar c)
{
	return c == '\t' || c == '\n' || (text_is_shown(c) && (c & 0xfffe) != 0xfffe);
}

void report_escape(GString *out, const char *text)
{
	g_autofree char *valid = text ? g_utf8_make_valid(text, -1) : NULL;

	for (const char *p = valid; p && *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (!is_allowed(c))
			g_string_append_c(out, '?');
		else if (c == '<')
			g_string_append(out, "&lt;");
		else if (c == '>')
			g_string_append(out, "&gt;");
		else if (c == '&')
			g_string_append(out, "&amp;");
		else if (c == '"')
			g_string_append(out, "&quot;");
		else if (c == '\'')
			g_string_append(out, "&#39;");
		else
			g_string_append_unichar(out, c);
	}
}

static void attribute(GString *xml, const char *name, const char *value)
{
	g_string_append_printf(xml, " %s=\"", name);
	report_escape(xml, value);
	g_string_append_c(xml, '"');
}

static void attribute_s(GString *xml, const char *name, double seconds)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	attribute(xml, name, g_ascii_formatd(text, sizeof(text), "%.3f", seconds));
}

static void property(GString *xml, const char *name, const char *value)
{
	if (!*value)
		return;
	g_string_append(xml, "      <property");
	attribute(xml, "name", name);
	attribute(xml, "value", value);
	g_string_append(xml, "/>\n");
}

static void append_case(GString *xml, const RSuite *suite, const RCase *c, double seconds)
{
	static const char *const tags[] = {
		[RCASE_FAIL] = "failure", [RCASE_ERROR] = "error", [RCASE_SKIP] = "skipped"};
	g_autofree char *class = g_strdup_printf("pfnhunt.%s", suite->name);

	g_string_append(xml, "    <testcase");
	attribute(xml, "classname", class);
	attribute(xml, "name", c->family);
	attribute_s(xml, "time", seconds);
	if (c->state == RCASE_PASS) {
		g_string_append(xml, c->message ? "><system-out>" : "/>\n");
		report_escape(xml, c->message);
		g_string_append(xml, c->message ? "</system-out></testcase>\n" : "");
		return;
	}
	g_string_append_printf(xml, ">\n      <%s", tags[c->state]);
	attribute(xml, "message", c->message);
	if (c->state != RCASE_SKIP)
		attribute(xml, "type", c->family);
	g_string_append_c(xml, '>');
	report_escape(xml, c->detail);
	g_string_append_printf(xml, "</%s>\n    </testcase>\n", tags[c->state]);
}

static void append_suite(GString *xml, const RSuite *suite)
{
	const RHunt *h = suite->hunt;
	guint counts[RCASE_SKIP + 1] = {0};

	for (guint i = 0; i < suite->cases->len; i++)
		counts[((RCase *)g_ptr_array_index(suite->cases, i))->state]++;
	g_string_append(xml, "  <testsuite");
	attribute(xml, "name", suite->name);
	g_string_append_printf(xml, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\"",
			       suite->cases->len, counts[RCASE_FAIL], counts[RCASE_ERROR],
			       counts[RCASE_SKIP]);
	attribute_s(xml, "time", suite->run_s);
	if (*h->started) {
		g_autofree char *stamp = g_strndup(h->started, 19);

		attribute(xml, "timestamp", stamp);
	}
	if (*h->host_name)
		attribute(xml, "hostname", h->host_name);
	g_string_append(xml, ">\n    <properties>\n");
	property(xml, "hunt", h->id);
	property(xml, "seed", h->seed);
	property(xml, "command", suite->command);
	property(xml, "kernel", h->kernel);
	property(xml, "build-id", h->build_id);
	property(xml, "accel", h->accel);
	property(xml, "verdict", h->verdict);
	g_string_append(xml, "    </properties>\n");
	/* The families are hunted at the same time: its time stands once, at the first case. */
	for (guint i = 0; i < suite->cases->len; i++)
		append_case(xml, suite, g_ptr_array_index(suite->cases, i), i ? 0 : suite->run_s);
	g_string_append(xml, "  </testsuite>\n");
}

char *report_junit(const GPtrArray *hunts)
{
	g_autoptr(GPtrArray) suites = report_suites(hunts);
	GString *xml = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");

	for (guint i = 0; i < suites->len; i++)
		append_suite(xml, g_ptr_array_index(suites, i));
	g_string_append(xml, "</testsuites>\n");
	return g_string_free(xml, FALSE);
}
