/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON files of a results folder, read with care: a folder may come from another machine, from
 * another version or from a kill in the middle of a line. A member that is missing or of another
 * type is its fallback, never a crash.
 */
#ifndef PFNHUNT_RESULTS_JSON_H
#define PFNHUNT_RESULTS_JSON_H

#include <glib.h>
#include <json-glib/json-glib.h>

/* Larger files and lines are not ours: of one object, of lines and logs, of one line. */
#define RESULTS_JSON_MAX_BYTES (4ull << 20)
#define RESULTS_FILE_MAX_BYTES (1ull << 30)
#define RESULTS_LINE_MAX_BYTES (1 << 20)

/* Largest count that is believed; of boots enough to fill a life they still add up. */
#define RESULTS_COUNT_MAX (1ll << 53)

/* All take a NULL object for an empty one. Texts and objects are borrowed from @o. */
const char *rj_text(JsonObject *o, const char *key, const char *fallback);
gint64 rj_int(JsonObject *o, const char *key, gint64 fallback);
/* A count, or a time in us: not below 0, nor so large that what is reckoned with it overflows. */
gint64 rj_count(JsonObject *o, const char *key, gint64 fallback);
double rj_double(JsonObject *o, const char *key, double fallback);
gboolean rj_bool(JsonObject *o, const char *key);
JsonObject *rj_object(JsonObject *o, const char *key);
JsonArray *rj_array(JsonObject *o, const char *key);
/* Element @i as an object, or NULL; @a may be NULL. */
JsonObject *rj_element(JsonArray *a, guint i);
guint rj_length(JsonArray *a);

/* The object in @dir/@name, opened as found (open.h); NULL + INFRA error. */
JsonNode *rj_load(const char *dir, const char *name, GError **error);

/* The object in a line of @len bytes with its '\n' and a NUL behind it, or NULL. */
JsonNode *rj_line(const char *line, gsize len);

/*
 * Each whole object of a file of JSON lines, in order; lines that are none are left out. FALSE
 * when there is no such file, or none to be opened. @each returns FALSE to end early.
 */
gboolean rj_lines(const char *dir, const char *name,
		  gboolean (*each)(JsonObject *line, gpointer user), gpointer user);

/*
 * @node as JSON that every reader takes, whatever bytes its texts hold: the only way to text, for
 * json-glib's own writes what it does not read. What a terminal would not show as it is
 * (text_clean()) stands there as \uXXXX. (transfer full)
 */
char *rj_string(JsonNode *node, gboolean pretty);
/* The same of @o; takes @o. (transfer full) */
char *rj_print(JsonObject *o, gboolean pretty);
/* Sets a text that may be no UTF-8; nothing when @value is NULL. */
void rj_set_text(JsonObject *o, const char *key, const char *value);
/* Sets a number that JSON can hold; a NaN or infinity becomes null. */
void rj_set_double(JsonObject *o, const char *key, double value);
/* The same for what is unknown below 0, and left out then. */
void rj_set_known_int(JsonObject *o, const char *key, gint64 value);
void rj_set_known_double(JsonObject *o, const char *key, double value);

#ifndef PFNHUNT_JSON_WRITER
/* A text gets into JSON by rj_set_text() or a table of fields (fields.h), and by nothing else. */
#pragma GCC poison json_object_set_string_member json_array_add_string_element
#pragma GCC poison json_to_string json_generator_new json_generator_to_data json_generator_to_file
#endif

#endif
