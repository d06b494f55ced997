/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See json.h. */
/* The one file that may use what json.h takes away from all others. */
#define PFNHUNT_JSON_WRITER
#include "host-driver/base/json.h"
#include "host-driver/base/error.h"
#include "host-driver/base/json-sane.h"
#include "host-driver/base/open.h"
#include "host-driver/base/text.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

static JsonNode *value_of(JsonObject *o, const char *key)
{
	JsonNode *node = o ? json_object_get_member(o, key) : NULL;

	return node && JSON_NODE_HOLDS_VALUE(node) ? node : NULL;
}

const char *rj_text(JsonObject *o, const char *key, const char *fallback)
{
	JsonNode *node = value_of(o, key);

	return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node)
								       : fallback;
}

static gboolean is_number(JsonNode *node)
{
	GType type = node ? json_node_get_value_type(node) : G_TYPE_INVALID;

	return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
}

gint64 rj_int(JsonObject *o, const char *key, gint64 fallback)
{
	JsonNode *node = value_of(o, key);

	if (!is_number(node))
		return fallback;
	if (json_node_get_value_type(node) == G_TYPE_DOUBLE) {
		double value = json_node_get_double(node);

		return value > -9e18 && value < 9e18 ? (gint64)value : fallback;
	}
	return json_node_get_int(node);
}

gint64 rj_count(JsonObject *o, const char *key, gint64 fallback)
{
	gint64 value = rj_int(o, key, fallback);

	return value >= 0 && value <= RESULTS_COUNT_MAX ? value : fallback;
}

double rj_double(JsonObject *o, const char *key, double fallback)
{
	JsonNode *node = value_of(o, key);
	double value = is_number(node) ? json_node_get_double(node) : fallback;

	return isfinite(value) ? value : fallback;
}

gboolean rj_bool(JsonObject *o, const char *key)
{
	JsonNode *node = value_of(o, key);

	return node && json_node_get_value_type(node) == G_TYPE_BOOLEAN &&
	       json_node_get_boolean(node);
}

JsonObject *rj_object(JsonObject *o, const char *key)
{
	JsonNode *node = o ? json_object_get_member(o, key) : NULL;

	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *rj_array(JsonObject *o, const char *key)
{
	JsonNode *node = o ? json_object_get_member(o, key) : NULL;

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

JsonObject *rj_element(JsonArray *a, guint i)
{
	JsonNode *node = i < rj_length(a) ? json_array_get_element(a, i) : NULL;

	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

guint rj_length(JsonArray *a)
{
	return a ? json_array_get_length(a) : 0;
}

JsonNode *rj_load(const char *dir, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL), *text = NULL;
	g_autoptr(GError) bad = NULL;
	g_autoptr(JsonNode) node = NULL;
	gsize len;

	text = open_read(path, OPEN_FOUND, RESULTS_JSON_MAX_BYTES, &len, &bad);
	if (!text) {
		g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, bad->message);
		return NULL;
	}
	if (g_utf8_validate(text, (gssize)len, NULL) && json_is_sane(text))
		node = json_from_string(text, &bad);
	if (node && JSON_NODE_HOLDS_OBJECT(node))
		return g_steal_pointer(&node);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: no JSON object%s%s", path,
		    bad ? ": " : "", bad ? bad->message : "");
	return NULL;
}

typedef struct {
	gboolean (*each)(JsonObject *line, gpointer user);
	gpointer user;
} Lines;

JsonNode *rj_line(const char *line, gsize len)
{
	g_autoptr(JsonNode) node = NULL;

	/* A line without its end was cut by a kill. */
	if (len == 0 || line[len - 1] != '\n' || !g_utf8_validate(line, (gssize)len, NULL) ||
	    !json_is_sane(line))
		return NULL;
	node = json_from_string(line, NULL);
	return node && JSON_NODE_HOLDS_OBJECT(node) ? g_steal_pointer(&node) : NULL;
}

static gboolean parse_line(const char *text, gsize len, gpointer user)
{
	const Lines *lines = user;
	g_autoptr(JsonNode) node = rj_line(text, len);

	return !node || lines->each(json_node_get_object(node), lines->user);
}

gboolean rj_lines(const char *dir, const char *name,
		  gboolean (*each)(JsonObject *line, gpointer user), gpointer user)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	Lines lines = {each, user};

	return open_lines(path, OPEN_FOUND, RESULTS_FILE_MAX_BYTES, RESULTS_LINE_MAX_BYTES,
			  parse_line, &lines, NULL);
}

/* JSON has escapes of 16 bits: what does not fit is two of them. */
static void append_escape(GString *out, gunichar c)
{
	if (c >= 0x10000)
		g_string_append_printf(out, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10),
				       0xdc00 + (c & 0x3ff));
	else
		g_string_append_printf(out, "\\u%04x", c);
}

/*
 * json-glib copies what is no UTF-8 as it is, and of control characters those below 0x80 alone are
 * escaped. All that JSON is made of is ASCII and beside texts there is nothing else: what is
 * replaced stands in a text. Line ends are the printer's own.
 */
char *rj_string(JsonNode *node, gboolean pretty)
{
	g_autofree char *text = json_to_string(node, pretty), *valid = g_utf8_make_valid(text, -1);
	GString *out = g_string_sized_new(strlen(valid) + 1);
	const char *done = valid;

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if ((c < 0x7f) || text_is_shown(c))
			continue;
		g_string_append_len(out, done, p - done);
		append_escape(out, c);
		done = g_utf8_next_char(p);
	}
	g_string_append(out, done);
	return g_string_free(out, FALSE);
}

char *rj_print(JsonObject *o, gboolean pretty)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), o);

	json_object_unref(o);
	return rj_string(node, pretty);
}

void rj_set_text(JsonObject *o, const char *key, const char *value)
{
	g_autofree char *valid = value ? g_utf8_make_valid(value, -1) : NULL;

	if (valid)
		json_object_set_string_member(o, key, valid);
}

void rj_set_double(JsonObject *o, const char *key, double value)
{
	if (isfinite(value))
		json_object_set_double_member(o, key, value);
	else
		json_object_set_null_member(o, key);
}

void rj_set_known_int(JsonObject *o, const char *key, gint64 value)
{
	if (value >= 0)
		json_object_set_int_member(o, key, value);
}

void rj_set_known_double(JsonObject *o, const char *key, double value)
{
	if (value >= 0)
		rj_set_double(o, key, value);
}
