/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the scripts of fake.h. */
#include "host-driver/base/error.h"
#include "host-driver/fake/internal.h"

#include <string.h>

FakeAction *fake_action_new(FakeKind kind, const char *text)
{
	FakeAction *action = g_new0(FakeAction, 1);

	action->kind = kind;
	action->text = g_string_new(text);
	return action;
}

void fake_action_free(FakeAction *action)
{
	g_free(action->trigger);
	g_string_free(action->text, TRUE);
	g_clear_error(&action->reply.error);
	g_free(action);
}

/* "\n", "\\" and "\xNN" become bytes. */
static void unescape(GString *out, const char *text)
{
	g_string_truncate(out, 0);
	for (const char *p = text; *p; p++) {
		if (p[0] == '\\' && p[1] == 'n') {
			g_string_append_c(out, '\n');
			p++;
		} else if (p[0] == '\\' && p[1] == '\\') {
			g_string_append_c(out, '\\');
			p++;
		} else if (p[0] == '\\' && p[1] == 'x' && g_ascii_isxdigit(p[2]) &&
			   g_ascii_isxdigit(p[3])) {
			g_string_append_c(out, (char)(g_ascii_xdigit_value(p[2]) * 16 +
						      g_ascii_xdigit_value(p[3])));
			p += 3;
		} else {
			g_string_append_c(out, *p);
		}
	}
}

/* "AT_MS ACTION REST" or "on VERB +MS ACTION REST"; NULL when it is neither. */
static FakeAction *parse_action(const char *line)
{
	static const char *const kinds[] = {[FAKE_CONSOLE] = "console",
					    [FAKE_AGENT] = "agent",
					    [FAKE_EVENT] = "event",
					    [FAKE_EXIT] = "exit"};
	g_auto(GStrv) words = g_strsplit(line, " ", 5);
	guint n = g_strv_length(words), at = n && g_str_equal(words[0], "on") ? 2 : 0;
	const char *rest = line;
	FakeAction *action;
	guint64 delay_ms;

	if (n < at + 2 || (at && words[2][0] != '+') ||
	    !g_ascii_string_to_unsigned(words[at] + (at ? 1 : 0), 10, 0, G_MAXINT32, &delay_ms,
					NULL))
		return NULL;
	for (guint i = 0; i < at + 2; i++) {
		rest += strcspn(rest, " ");
		rest += *rest == ' ';
	}
	for (guint k = 0; k < G_N_ELEMENTS(kinds); k++) {
		if (!g_str_equal(words[at + 1], kinds[k]))
			continue;
		action = fake_action_new(k, rest);
		if (k == FAKE_CONSOLE)
			unescape(action->text, rest);
		action->trigger = at ? g_strdup(words[1]) : NULL;
		action->delay_us = (gint64)delay_ms * 1000;
		return action;
	}
	return NULL;
}

gboolean fake_script_parse(const char *script, GPtrArray *actions, gboolean *no_plug,
			   gboolean *refuse, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(script, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		FakeAction *action;

		if (!*lines[i] || *lines[i] == '#')
			continue;
		if (g_str_equal(lines[i], "no-plug")) {
			*no_plug = TRUE;
			continue;
		}
		if (g_str_equal(lines[i], "refuse")) {
			*refuse = TRUE;
			continue;
		}
		action = parse_action(lines[i]);
		if (!action) {
			g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
				    "fake machine: line %u of the script: %s", i + 1, lines[i]);
			return FALSE;
		}
		g_ptr_array_add(actions, action);
	}
	return TRUE;
}
