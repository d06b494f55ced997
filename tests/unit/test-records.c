/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every JSON record, by its table of fields: hostile bytes in each text are written, read back as
 * the gate left them, and fit the schema.
 */
#include "harness/report/records.h"
#include "host-driver/base/text.h"
#include "record-docs.h"

#include <stdio.h>
#include <string.h>

static char *long_text;

/* What a guest in pieces may send in place of a text; a NUL ends it. */
static const char *hostile(guint i)
{
	static const char *const texts[] = {"%FF\xff\xfe",
					    "two\nlines\r\n",
					    "\x1b[31m\x07\x7f",
					    "\xc2\x85\xc2\x9b C1",
					    "\u202e\u2066bidi",
					    "\"quotes\\\"{}[],:",
					    "\xed\xa0\x80\xf4\x90\x80\x80 no UTF-8",
					    "cut\xc3",
					    "\u2028\u2029\ufeff\U000e0041",
					    "before\0behind",
					    "null",
					    " "};
	guint n = i % (G_N_ELEMENTS(texts) + 1);

	return n < G_N_ELEMENTS(texts) ? texts[n] : long_text;
}

typedef struct {
	guint texts, records;
} Fill;

static void fill(const FieldTable *table, gpointer record, Fill *c);

static gpointer at(gpointer record, const Field *f)
{
	return (char *)record + f->offset;
}

static char *next_text(Fill *c)
{
	return g_strdup(hostile(c->texts++));
}

static gpointer filled(const FieldTable *table, Fill *c)
{
	gpointer record = fields_new(table), judged;
	JsonObject *o;

	fill(table, record, c);
	if (!table->read)
		return record;
	/* What reads it judges it: what that leaves is what the gate gave. */
	o = fields_write(table, record);
	judged = table->read(o);
	json_object_unref(o);
	fields_clear(table, record);
	g_free(record);
	return judged;
}

static GPtrArray *fill_list(const Field *f, Fill *c)
{
	GPtrArray *list = g_ptr_array_new();

	for (guint i = 0; i < 3; i++) {
		FieldNumber *n;

		if (f->type == FIELD_TEXTS) {
			g_ptr_array_add(list, next_text(c));
		} else if (f->type == FIELD_MAP) {
			n = g_new0(FieldNumber, 1);
			n->name = g_strdup_printf("%u%s", i, hostile(c->texts++));
			n->value = i;
			g_ptr_array_add(list, n);
		} else {
			g_ptr_array_add(list, filled(f->of, c));
		}
	}
	return list;
}

static void fill_number(gpointer place, const Field *f, Fill *c)
{
	if (f->size == sizeof(guint))
		*(guint *)place = 1000 + c->records;
	else
		*(gint64 *)place = f->type == FIELD_INT ? -7 : (gint64)(1ull << 52) + c->records;
}

static void fill_field(gpointer record, const Field *f, Fill *c)
{
	gpointer place = at(record, f);
	guint words = 0;

	switch (f->type) {
	case FIELD_TEXT:
		*(char **)place = next_text(c);
		break;
	case FIELD_WORD:
		while (f->words(words))
			words++;
		*(const char **)place = f->words(c->records % words);
		break;
	case FIELD_INT:
	case FIELD_COUNT:
		fill_number(place, f, c);
		break;
	case FIELD_DOUBLE:
	case FIELD_SHARE:
		*(double *)place = 0.125;
		break;
	case FIELD_RANGE:
		((double *)place)[0] = 0.25;
		((double *)place)[1] = 0.5;
		break;
	case FIELD_BOOL:
		*(gboolean *)place = TRUE;
		break;
	case FIELD_GROUP:
		fill(f->of, record, c);
		break;
	case FIELD_OBJECT:
		*(gpointer *)place = filled(f->of, c);
		break;
	case FIELD_TALLY:
		for (guint i = 0; f->words(i); i++)
			((guint *)place)[i] = i + 1;
		break;
	case FIELD_TAIL: /* its head made it */
		break;
	default:
		*(GPtrArray **)place = fill_list(f, c);
		break;
	}
}

static void fill(const FieldTable *table, gpointer record, Fill *c)
{
	c->records++;
	for (const Field *f = table->fields; f->key; f++)
		fill_field(record, f, c);
}

static void same(const FieldTable *table, gpointer was, gpointer is);

static void same_list(const Field *f, const GPtrArray *was, const GPtrArray *is)
{
	g_assert_cmpuint(was->len, ==, is->len);
	for (guint i = 0; i < was->len; i++) {
		gpointer a = g_ptr_array_index(was, i), b = g_ptr_array_index(is, i);
		g_autofree char *text = NULL;

		if (f->of) {
			same(f->of, a, b);
			continue;
		}
		if (f->type == FIELD_MAP) {
			g_assert_cmpint(((FieldNumber *)a)->value, ==, ((FieldNumber *)b)->value);
			a = ((FieldNumber *)a)->name;
			b = ((FieldNumber *)b)->name;
		}
		text = text_copy(a);
		g_assert_cmpstr(b, ==, text);
	}
}

/* Whether @is what the gate makes of @was. */
static void same(const FieldTable *table, gpointer was, gpointer is)
{
	for (const Field *f = table->fields; f->key; f++) {
		gpointer a = at(was, f), b = at(is, f);
		g_autofree char *text = NULL;

		if (f->only_written || f->only_read)
			continue;
		switch (f->type) {
		case FIELD_TEXT:
			text = text_copy(*(char **)a);
			g_assert_cmpstr(*(char **)b, ==, text);
			break;
		case FIELD_GROUP:
			same(f->of, was, is);
			break;
		case FIELD_OBJECT:
			same(f->of, *(gpointer *)a, *(gpointer *)b);
			break;
		case FIELD_TEXTS:
		case FIELD_LIST:
		case FIELD_HEAD:
		case FIELD_TAIL:
		case FIELD_MAP:
			same_list(f, *(GPtrArray **)a, *(GPtrArray **)b);
			break;
		case FIELD_TALLY:
			for (guint i = 0; f->words(i); i++)
				g_assert_cmpuint(((guint *)a)[i], ==, ((guint *)b)[i]);
			break;
		default:
			g_assert_cmpmem(a, f->size, b, f->size);
			break;
		}
	}
}

static void fits(const FieldTable *table, JsonObject *o);

static void fits_list(const Field *f, JsonArray *a)
{
	for (guint i = 0; i < json_array_get_length(a); i++)
		fits(f->of, json_array_get_object_element(a, i));
}

/* What stands in @o is what the schema allows there. */
static void fits(const FieldTable *table, JsonObject *o)
{
	for (const Field *f = table->fields; f->key; f++) {
		JsonNode *node = json_object_get_member(o, f->key);
		gboolean is_word = FALSE;

		if (!node) {
			if (record_is_required(f) && !f->only_read)
				g_error("%s lacks %s", table->name, f->key);
			continue;
		}
		switch (f->type) {
		case FIELD_WORD:
			for (guint i = 0; f->words(i); i++)
				is_word |= g_str_equal(f->words(i), json_node_get_string(node));
			g_assert_true(is_word);
			break;
		case FIELD_COUNT:
			if (!f->word_for_0)
				g_assert_cmpint(json_node_get_int(node), >=, 0);
			break;
		case FIELD_LIST:
		case FIELD_TAIL:
			fits_list(f, json_node_get_array(node));
			break;
		case FIELD_HEAD:
		case FIELD_OBJECT:
		case FIELD_GROUP:
			fits(f->of, json_node_get_object(node));
			break;
		case FIELD_TEXT:
			g_assert_cmpint(json_node_get_value_type(node), ==, G_TYPE_STRING);
			break;
		default:
			break;
		}
	}
}

/* Nothing that a terminal or a parser would trip over. */
static void is_clean(const char *text)
{
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (const char *p = text; *p; p = g_utf8_next_char(p))
		g_assert_true(text_is_shown(g_utf8_get_char(p)));
	g_assert_null(strstr(text, "\\u"));
}

static void round_trip(const FieldTable *table, guint first)
{
	Fill c = {.texts = first, .records = first};
	gpointer was = filled(table, &c), is = fields_new(table);
	g_autofree char *text = rj_print(fields_write(table, was), FALSE), *again = NULL;
	g_autoptr(JsonNode) node = json_from_string(text, NULL);

	is_clean(text);
	g_assert_nonnull(node);
	fits(table, json_node_get_object(node));
	fields_read(table, json_node_get_object(node), is);
	same(table, was, is);
	/* What is shared with another record is read there. */
	for (const Field *f = table->fields; f->key; f++)
		if (f->only_written && f->type == FIELD_TEXT)
			*(char **)at(is, f) = text_copy(*(char **)at(was, f));
		else if (f->only_written)
			memcpy(at(is, f), at(was, f), f->size);
	again = rj_print(fields_write(table, is), FALSE);
	g_assert_cmpstr(again, ==, text);
	fields_free(table, was);
	fields_free(table, is);
}

static void test_hostile(void)
{
	for (guint i = 0; report_tables[i]; i++)
		for (guint first = 0; first < 13; first++)
			round_trip(report_tables[i], first);
}

/* Each member in turn is of another type than it must be. */
static void test_wrong_types(void)
{
	static const char *const wrong[] = {"null", "[[1],{}]", "{\"a\":[]}",	      "\"\"",
					    "true", "-9e300",	"9223372036854775807"};

	for (guint i = 0; report_tables[i]; i++) {
		for (const Field *f = report_tables[i]->fields; f->key; f++) {
			for (guint w = 0; w < G_N_ELEMENTS(wrong); w++) {
				g_autofree char *line =
					g_strdup_printf("{\"%s\":%s}", f->key, wrong[w]);
				g_autoptr(JsonNode) node = json_from_string(line, NULL);
				gpointer record = fields_new(report_tables[i]);
				JsonObject *o;

				fields_read(report_tables[i], json_node_get_object(node), record);
				o = fields_write(report_tables[i], record);
				json_object_unref(o);
				fields_free(report_tables[i], record);
			}
		}
	}
}

int main(int argc, char **argv)
{
	int code;

	g_test_init(&argc, &argv, NULL);
	long_text = g_strnfill(64 << 10, 'x');
	g_test_add_func("/records/docs", record_docs_check);
	g_test_add_func("/records/hostile", test_hostile);
	g_test_add_func("/records/wrong-types", test_wrong_types);
	code = g_test_run();
	g_free(long_text);
	return code;
}
