/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See json.h. */
#include "host-driver/base/json.h"
#include "host-driver/base/error.h"
#include "host-driver/base/json-depth.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>

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
	GStatBuf st;
	gsize len;

	if (g_stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > RESULTS_JSON_MAX_BYTES)
		g_set_error(&bad, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: too large", path);
	else if (g_file_get_contents(path, &text, &len, &bad) &&
		 g_utf8_validate(text, (gssize)len, NULL) && json_depth_is_sane(text))
		node = json_from_string(text, &bad);
	if (node && JSON_NODE_HOLDS_OBJECT(node))
		return g_steal_pointer(&node);
	if (bad && bad->domain == G_FILE_ERROR)
		g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, bad->message);
	else
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: no JSON object%s%s",
			    path, bad ? ": " : "", bad ? bad->message : "");
	return NULL;
}

gboolean rj_lines(const char *dir, const char *name,
		  gboolean (*each)(JsonObject *line, gpointer user), gpointer user)
{
	g_autofree char *path = g_build_filename(dir, name, NULL), *line = NULL;
	FILE *file = g_fopen(path, "re");
	gboolean more = TRUE;
	size_t size = 0;
	ssize_t len;

	if (!file)
		return FALSE;
	while (more && (len = getline(&line, &size, file)) >= 0) {
		g_autoptr(JsonNode) node = NULL;

		/* A line without its end was cut by a kill. */
		if (len > RESULTS_LINE_MAX_BYTES || len == 0 || line[len - 1] != '\n' ||
		    !g_utf8_validate(line, len, NULL) || !json_depth_is_sane(line))
			continue;
		node = json_from_string(line, NULL);
		if (node && JSON_NODE_HOLDS_OBJECT(node))
			more = each(json_node_get_object(node), user);
	}
	fclose(file);
	return TRUE;
}

char *rj_print(JsonObject *o, gboolean pretty)
{
	g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), o);

	json_object_unref(o);
	return json_to_string(node, pretty);
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
