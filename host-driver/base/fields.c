/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See fields.h. */
#define PFNHUNT_JSON_WRITER
#include "host-driver/base/fields.h"
#include "host-driver/base/text.h"

#include <string.h>

/* The one place where a table and a structure meet. */
static gpointer at(gconstpointer record, const Field *f)
{
	return (gpointer)((const char *)record + f->offset);
}

static gpointer pointer_at(gconstpointer record, const Field *f)
{
	return *(gpointer *)at(record, f);
}

static void set_pointer(gpointer record, const Field *f, gpointer value)
{
	*(gpointer *)at(record, f) = value;
}

static gint64 int_at(gconstpointer record, const Field *f)
{
	return f->size == sizeof(guint) ? (gint64) * (const guint *)at(record, f)
					: *(const gint64 *)at(record, f);
}

static void set_int(gpointer record, const Field *f, gint64 value)
{
	if (f->size == sizeof(guint))
		*(guint *)at(record, f) = (guint)CLAMP(value, 0, G_MAXINT32);
	else
		*(gint64 *)at(record, f) = value;
}

/* Whether the record has a value that stands for itself. */
static gboolean is_there(gconstpointer record, const Field *f)
{
	const char *text;

	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		text = pointer_at(record, f);
		return text && (*text || f->when == FIELD_IF_KNOWN);
	case FIELD_INT:
	case FIELD_COUNT:
		return int_at(record, f) > 0 ||
		       (f->when == FIELD_IF_KNOWN && int_at(record, f) == 0);
	case FIELD_DOUBLE:
	case FIELD_SHARE:
		return *(double *)at(record, f) > 0 ||
		       (f->when == FIELD_IF_KNOWN && *(double *)at(record, f) == 0);
	case FIELD_RANGE:
		return *(double *)at(record, f) >= 0;
	case FIELD_BOOL:
		return *(gboolean *)at(record, f);
	case FIELD_TEXTS:
	case FIELD_LIST:
	case FIELD_HEAD:
	case FIELD_TAIL:
	case FIELD_MAP:
		return pointer_at(record, f) &&
		       (f->when == FIELD_IF_KNOWN || ((GPtrArray *)pointer_at(record, f))->len);
	case FIELD_OBJECT:
		return pointer_at(record, f) &&
		       !(f->of->is_empty && f->of->is_empty(pointer_at(record, f)));
	case FIELD_GROUP: /* goes by its first member, a text */
		return pointer_at(record, &f->of->fields[0]) != NULL;
	default:
		return TRUE;
	}
}

static gboolean is_written(gconstpointer record, const Field *f)
{
	if (f->only_read || (f->beside && !*(gpointer *)((const char *)record + f->beside - 1)))
		return FALSE;
	/* Of an object that is not there is nothing to write. */
	return (f->when == FIELD_ALWAYS && f->type != FIELD_OBJECT) || is_there(record, f);
}

static JsonArray *write_list(const GPtrArray *list, guint first, const FieldTable *of)
{
	JsonArray *a = json_array_new();

	for (guint i = first; list && i < list->len; i++)
		json_array_add_object_element(a, fields_write(of, g_ptr_array_index(list, i)));
	return a;
}

static JsonArray *write_texts(const GPtrArray *list)
{
	JsonArray *a = json_array_new();

	for (guint i = 0; list && i < list->len; i++) {
		g_autofree char *text = text_copy(g_ptr_array_index(list, i));

		json_array_add_string_element(a, text);
	}
	return a;
}

static JsonObject *write_tally(const guint *counts, const Field *f)
{
	JsonObject *o = json_object_new();

	for (guint i = 0; f->words(i); i++)
		json_object_set_int_member(o, f->words(i), counts[i]);
	return o;
}

static JsonObject *write_map(const GPtrArray *numbers)
{
	JsonObject *o = json_object_new();

	for (guint i = 0; numbers && i < numbers->len; i++) {
		const FieldNumber *n = g_ptr_array_index(numbers, i);
		g_autofree char *name = text_copy(n->name);

		json_object_set_int_member(o, name, n->value);
	}
	return o;
}

static JsonArray *write_range(const double *range)
{
	JsonArray *a = json_array_new();

	json_array_add_double_element(a, range[0]);
	json_array_add_double_element(a, range[1]);
	return a;
}

static void write_text(JsonObject *o, const char *key, const char *value)
{
	g_autofree char *text = text_copy(value ? value : "");

	json_object_set_string_member(o, key, text);
}

static void write_number(JsonObject *o, const Field *f, gint64 value)
{
	if (value == 0 && f->word_for_0)
		json_object_set_string_member(o, f->key, f->word_for_0);
	else
		json_object_set_int_member(o, f->key, value);
}

static void write_field(JsonObject *o, gconstpointer record, const Field *f)
{
	const GPtrArray *list;

	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_WORD:
		write_text(o, f->key, pointer_at(record, f));
		break;
	case FIELD_INT:
	case FIELD_COUNT:
		write_number(o, f, int_at(record, f));
		break;
	case FIELD_DOUBLE:
	case FIELD_SHARE:
		rj_set_double(o, f->key, *(double *)at(record, f));
		break;
	case FIELD_RANGE:
		json_object_set_array_member(o, f->key, write_range(at(record, f)));
		break;
	case FIELD_BOOL:
		json_object_set_boolean_member(o, f->key, *(gboolean *)at(record, f));
		break;
	case FIELD_TEXTS:
		json_object_set_array_member(o, f->key, write_texts(pointer_at(record, f)));
		break;
	case FIELD_LIST:
	case FIELD_TAIL:
		json_object_set_array_member(
			o, f->key, write_list(pointer_at(record, f), f->type == FIELD_TAIL, f->of));
		break;
	case FIELD_HEAD:
		list = pointer_at(record, f);
		if (list && list->len)
			json_object_set_object_member(
				o, f->key, fields_write(f->of, g_ptr_array_index(list, 0)));
		break;
	case FIELD_OBJECT:
		json_object_set_object_member(o, f->key,
					      fields_write(f->of, pointer_at(record, f)));
		break;
	case FIELD_GROUP:
		json_object_set_object_member(o, f->key, fields_write(f->of, record));
		break;
	case FIELD_TALLY:
		json_object_set_object_member(o, f->key, write_tally(at(record, f), f));
		break;
	case FIELD_MAP:
		json_object_set_object_member(o, f->key, write_map(pointer_at(record, f)));
		break;
	}
}

JsonObject *fields_write(const FieldTable *table, gconstpointer record)
{
	JsonObject *o = json_object_new();

	if (table->type) {
		json_object_set_int_member(o, "schema", table->schema);
		json_object_set_string_member(o, "type", table->type);
	}
	for (const Field *f = table->fields; f->key; f++)
		if (is_written(record, f))
			write_field(o, record, f);
	return o;
}

static const char *word_of(const Field *f, const char *text)
{
	for (guint i = 0; text && f->words(i); i++)
		if (g_str_equal(f->words(i), text))
			return f->words(i);
	return f->otherwise;
}

static void add_read(GPtrArray *list, JsonObject *o, const FieldTable *of)
{
	gpointer record;

	if (!o)
		return;
	record = fields_new(of);
	fields_read(of, o, record);
	g_ptr_array_add(list, record);
}

static guint length_of(JsonArray *a, const Field *f)
{
	return MIN(rj_length(a), f->most ? f->most : FIELDS_MOST);
}

static void read_list(GPtrArray *list, JsonArray *a, const Field *f)
{
	for (guint i = 0; i < length_of(a, f); i++)
		add_read(list, rj_element(a, i), f->of);
}

static GPtrArray *read_texts(JsonArray *a, const Field *f)
{
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < length_of(a, f); i++) {
		JsonNode *node = json_array_get_element(a, i);

		if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING)
			g_ptr_array_add(list, text_copy(json_node_get_string(node)));
	}
	return list;
}

static void read_tally(guint *counts, JsonObject *o, const Field *f)
{
	for (guint i = 0; f->words(i); i++)
		counts[i] = (guint)MIN(rj_count(o, f->words(i), 0), G_MAXINT32);
}

static GPtrArray *read_map(JsonObject *o)
{
	GPtrArray *numbers = g_ptr_array_new();
	g_autoptr(GList) names = o ? json_object_get_members(o) : NULL;

	for (GList *name = names; name; name = name->next) {
		FieldNumber *n = g_new0(FieldNumber, 1);

		n->name = text_copy(name->data);
		n->value = rj_int(o, name->data, 0);
		g_ptr_array_add(numbers, n);
	}
	return numbers;
}

static double share_of(JsonNode *node)
{
	GType type = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_value_type(node) : 0;

	if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
		return 0;
	return CLAMP(json_node_get_double(node), 0, 1);
}

static void read_range(double *range, JsonArray *a, const Field *f)
{
	for (guint i = 0; i < 2; i++)
		range[i] = rj_length(a) == 2 ? share_of(json_array_get_element(a, i))
					     : (double)f->otherwise_number;
}

static void read_nested(JsonObject *o, gpointer record, const Field *f)
{
	JsonObject *inner = rj_object(o, f->key);
	gpointer value = NULL;

	if (f->type == FIELD_GROUP) {
		fields_read(f->of, inner, record);
		return;
	}
	if (f->of->read) {
		value = f->of->read(inner);
	} else if (inner) {
		value = fields_new(f->of);
		fields_read(f->of, inner, value);
	}
	set_pointer(record, f, value);
}

/* A head has made the list that its tail is read into. */
static void read_array(JsonObject *o, gpointer record, const Field *f)
{
	GPtrArray *list = f->type == FIELD_TAIL ? pointer_at(record, f) : g_ptr_array_new();

	if (f->type == FIELD_HEAD)
		add_read(list, rj_object(o, f->key), f->of);
	else
		read_list(list, rj_array(o, f->key), f);
	set_pointer(record, f, list);
}

static void read_field(JsonObject *o, gpointer record, const Field *f)
{
	const char *text;

	switch (f->type) {
	case FIELD_TEXT:
		text = rj_text(o, f->key, f->otherwise);
		set_pointer(record, f, text_copy(text));
		break;
	case FIELD_WORD:
		set_pointer(record, f, (gpointer)word_of(f, rj_text(o, f->key, NULL)));
		break;
	case FIELD_INT:
		set_int(record, f, rj_int(o, f->key, f->otherwise_number));
		break;
	case FIELD_COUNT:
		set_int(record, f, rj_count(o, f->key, f->otherwise_number));
		break;
	case FIELD_DOUBLE:
	case FIELD_SHARE:
		*(double *)at(record, f) = rj_double(o, f->key, (double)f->otherwise_number);
		break;
	case FIELD_RANGE:
		read_range(at(record, f), rj_array(o, f->key), f);
		break;
	case FIELD_BOOL:
		*(gboolean *)at(record, f) = rj_bool(o, f->key);
		break;
	case FIELD_TEXTS:
		set_pointer(record, f, read_texts(rj_array(o, f->key), f));
		break;
	case FIELD_LIST:
	case FIELD_HEAD:
	case FIELD_TAIL:
		read_array(o, record, f);
		break;
	case FIELD_OBJECT:
	case FIELD_GROUP:
		read_nested(o, record, f);
		break;
	case FIELD_TALLY:
		read_tally(at(record, f), rj_object(o, f->key), f);
		break;
	case FIELD_MAP:
		set_pointer(record, f, read_map(rj_object(o, f->key)));
		break;
	}
}

void fields_read(const FieldTable *table, JsonObject *o, gpointer record)
{
	for (const Field *f = table->fields; f->key; f++)
		if (!f->only_written)
			read_field(o, record, f);
}

static void clear_list(GPtrArray *list, const Field *f)
{
	for (guint i = 0; list && i < list->len; i++) {
		gpointer item = g_ptr_array_index(list, i);

		if (f->type == FIELD_MAP)
			g_free(((FieldNumber *)item)->name);
		if (f->of)
			fields_free(f->of, item);
		else
			g_free(item);
	}
	g_clear_pointer(&list, g_ptr_array_unref);
}

void fields_clear(const FieldTable *table, gpointer record)
{
	for (const Field *f = table->fields; f->key; f++) {
		switch (f->type) {
		case FIELD_TEXT:
			g_free(pointer_at(record, f));
			break;
		case FIELD_TEXTS:
		case FIELD_LIST:
		case FIELD_TAIL:
		case FIELD_MAP:
			clear_list(pointer_at(record, f), f);
			break;
		case FIELD_OBJECT:
			fields_free(f->of, pointer_at(record, f));
			break;
		case FIELD_GROUP:
			fields_clear(f->of, record);
			continue;
		default: /* nothing, or what its tail frees */
			continue;
		}
		set_pointer(record, f, NULL);
	}
}

void fields_free(const FieldTable *table, gpointer record)
{
	if (!record)
		return;
	if (table->free) {
		table->free(record);
		return;
	}
	fields_clear(table, record);
	g_free(record);
}

gpointer fields_new(const FieldTable *table)
{
	return g_malloc0(table->size);
}
