/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See record-docs.h. */
/* Nothing of a guest is in here. */
#define PFNHUNT_JSON_WRITER
#include "record-docs.h"

#include <string.h>

#define MARK "<!-- What follows is made from the tables of fields: UPDATE_GOLDEN=1. -->\n"

gboolean record_is_required(const Field *f)
{
	return f->when == FIELD_ALWAYS && !f->beside;
}

static JsonObject *object(void)
{
	return json_object_new();
}

static void set(JsonObject *o, const char *key, JsonObject *value)
{
	json_object_set_object_member(o, key, value);
}

static JsonObject *of_type(const char *type)
{
	JsonObject *o = object();

	json_object_set_string_member(o, "type", type);
	return o;
}

static JsonObject *whole_number(gint64 least)
{
	JsonObject *o = of_type("integer");

	if (least == 0)
		json_object_set_int_member(o, "minimum", 0);
	return o;
}

static JsonObject *share(void)
{
	JsonObject *o = of_type("number");

	json_object_set_int_member(o, "minimum", 0);
	json_object_set_int_member(o, "maximum", 1);
	return o;
}

static JsonObject *reference(const FieldTable *of)
{
	g_autofree char *path = g_strdup_printf("#/definitions/%s", of->name);
	JsonObject *o = object();

	json_object_set_string_member(o, "$ref", path);
	return o;
}

static JsonObject *array_of(JsonObject *items, gint64 count)
{
	JsonObject *o = of_type("array");

	set(o, "items", items);
	if (count) {
		json_object_set_int_member(o, "minItems", count);
		json_object_set_int_member(o, "maxItems", count);
	}
	return o;
}

static JsonObject *one_of(const char *(*words)(guint i))
{
	JsonObject *o = object();
	JsonArray *all = json_array_new();

	for (guint i = 0; words(i); i++)
		json_array_add_string_element(all, words(i));
	json_object_set_array_member(o, "enum", all);
	return o;
}

static JsonObject *tally(const Field *f)
{
	JsonObject *o = of_type("object"), *properties = object();
	JsonArray *required = json_array_new();

	for (guint i = 0; f->words(i); i++) {
		set(properties, f->words(i), whole_number(0));
		json_array_add_string_element(required, f->words(i));
	}
	json_object_set_array_member(o, "required", required);
	set(o, "properties", properties);
	return o;
}

static JsonObject *count_or_word(const Field *f)
{
	JsonObject *o = object(), *word = object();
	JsonArray *either = json_array_new();

	json_object_set_string_member(word, "const", f->word_for_0);
	json_array_add_object_element(either, whole_number(0));
	json_array_add_object_element(either, word);
	json_object_set_array_member(o, "anyOf", either);
	return o;
}

static JsonObject *schema_of(const Field *f)
{
	JsonObject *o;

	switch (f->type) {
	case FIELD_TEXT:
		return of_type("string");
	case FIELD_WORD:
		return one_of(f->words);
	case FIELD_INT:
		return whole_number(-1);
	case FIELD_COUNT:
		return f->word_for_0 ? count_or_word(f) : whole_number(0);
	case FIELD_DOUBLE:
		return of_type("number");
	case FIELD_SHARE:
		return share();
	case FIELD_RANGE:
		return array_of(share(), 2);
	case FIELD_BOOL:
		return of_type("boolean");
	case FIELD_TEXTS:
		return array_of(of_type("string"), 0);
	case FIELD_LIST:
	case FIELD_TAIL:
		return array_of(reference(f->of), 0);
	case FIELD_TALLY:
		return tally(f);
	case FIELD_MAP:
		o = of_type("object");
		set(o, "additionalProperties", whole_number(-1));
		return o;
	default:
		return reference(f->of);
	}
}

static JsonObject *define(const FieldTable *table)
{
	JsonObject *o = of_type("object"), *properties = object(), *constant = object();
	JsonArray *required = json_array_new();

	json_object_set_string_member(o, "description", table->help);
	if (table->type) {
		json_array_add_string_element(required, "schema");
		json_array_add_string_element(required, "type");
		json_object_set_int_member(constant, "const", table->schema);
		set(properties, "schema", constant);
		constant = object();
		json_object_set_string_member(constant, "const", table->type);
		set(properties, "type", json_object_ref(constant));
	}
	json_object_unref(constant);
	for (const Field *f = table->fields; f->key; f++) {
		JsonObject *property = schema_of(f);

		json_object_set_string_member(property, "description", f->doc);
		set(properties, f->key, property);
		if (record_is_required(f))
			json_array_add_string_element(required, f->key);
	}
	json_object_set_array_member(o, "required", required);
	set(o, "properties", properties);
	return o;
}

/* @table and what is in it, each once, in the order in which they are met. */
static void collect(GPtrArray *all, const FieldTable *table)
{
	if (g_ptr_array_find(all, table, NULL))
		return;
	g_ptr_array_add(all, (gpointer)table);
	for (const Field *f = table->fields; f->key; f++)
		if (f->of)
			collect(all, f->of);
}

static GPtrArray *all_tables(void)
{
	GPtrArray *all = g_ptr_array_new();

	for (guint i = 0; report_tables[i]; i++)
		collect(all, report_tables[i]);
	return all;
}

static char *schema_text(void)
{
	g_autoptr(GPtrArray) all = all_tables();
	JsonObject *schema = object(), *definitions = object();
	JsonArray *lines = json_array_new();
	g_autofree char *title = g_strdup_printf("pfnhunt's JSON, schema %d", REPORT_SCHEMA);
	g_autofree char *text = NULL;

	json_object_set_string_member(schema, "$schema", "http://json-schema.org/draft-07/schema#");
	json_object_set_string_member(schema, "title", title);
	for (guint i = 0; i < all->len; i++) {
		const FieldTable *table = g_ptr_array_index(all, i);

		set(definitions, table->name, define(table));
		if (table->type)
			json_array_add_object_element(lines, reference(table));
	}
	set(schema, "definitions", definitions);
	json_object_set_array_member(schema, "oneOf", lines);
	text = rj_print(schema, TRUE);
	return g_strconcat(text, "\n", NULL);
}

static char *type_text(const Field *f)
{
	g_autoptr(GString) text = g_string_new(NULL);

	switch (f->type) {
	case FIELD_WORD:
		for (guint i = 0; f->words(i); i++)
			g_string_append_printf(text, "%s`%s`", i ? ", " : "", f->words(i));
		break;
	case FIELD_LIST:
	case FIELD_TAIL:
		g_string_printf(text, "array of %s", f->of->name);
		break;
	case FIELD_HEAD:
	case FIELD_OBJECT:
	case FIELD_GROUP:
		g_string_assign(text, f->of->name);
		break;
	case FIELD_COUNT:
		g_string_assign(text, "count");
		if (f->word_for_0)
			g_string_append_printf(text, " or `%s`", f->word_for_0);
		break;
	default: {
		static const char *const names[] = {[FIELD_TEXT] = "string",
						    [FIELD_INT] = "integer",
						    [FIELD_DOUBLE] = "number",
						    [FIELD_SHARE] = "0 to 1",
						    [FIELD_RANGE] = "[low, high]",
						    [FIELD_BOOL] = "boolean",
						    [FIELD_TEXTS] = "array of strings",
						    [FIELD_TALLY] = "object: a count each",
						    [FIELD_MAP] = "object of integers"};

		g_string_assign(text, names[f->type]);
	}
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static char *page_text(const char *page)
{
	g_autoptr(GPtrArray) all = all_tables();
	const char *mark = strstr(page, MARK);
	GString *text = g_string_new_len(page, mark - page + (gssize)strlen(MARK));

	for (guint i = 0; i < all->len; i++) {
		const FieldTable *table = g_ptr_array_index(all, i);

		g_string_append_printf(text,
				       "\n## %s\n%s\n\n| member | value | what |\n"
				       "| --- | --- | --- |\n",
				       table->name, table->help);
		for (const Field *f = table->fields; f->key; f++) {
			g_autofree char *type = type_text(f);

			g_string_append_printf(text, "| `%s`%s | %s | %s |\n", f->key,
					       record_is_required(f) ? "*" : "", type, f->doc);
		}
	}
	return g_string_free(text, FALSE);
}

static void equals_file(const char *name, char *(*make)(const char *old))
{
	g_autofree char *path = g_build_filename(g_getenv("PFNHUNT_DOCS"), name, NULL);
	g_autofree char *old = NULL, *text = NULL;

	g_assert_true(g_file_get_contents(path, &old, NULL, NULL));
	text = make(old);
	if (g_getenv("UPDATE_GOLDEN"))
		g_assert_true(g_file_set_contents(path, text, -1, NULL));
	else if (!g_str_equal(text, old))
		g_error("%s is not what the tables say: run this test with UPDATE_GOLDEN=1", path);
}

static char *make_schema(const char *old)
{
	return schema_text();
}

void record_docs_check(void)
{
	equals_file("json-schema.json", make_schema);
	equals_file("json-schema.md", page_text);
}
