/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See choreography.h. A stand is "ROLE PLACE FUNCTION [range=A,N|pfn=A|page=A] [count=N] [park]". */
#include "harness/scenario/choreography.h"
#include "host-driver/base/units.h"

#include <string.h>

#define GROUP "stands"

const StandPlaceInfo stand_places[STAND_PLACE_COUNT] = {
#define X(id, name, help) {name, help},
	STAND_PLACES(X)
#undef X
};

static void stand_free(gpointer data)
{
	Stand *stand = data;

	g_free(stand->name);
	g_free(stand->role);
	g_free(stand->function);
	g_free(stand);
}

Choreography *choreography_new(void)
{
	Choreography *c = g_new0(Choreography, 1);

	c->stands = g_ptr_array_new_with_free_func(stand_free);
	return c;
}

void choreography_free(Choreography *c)
{
	g_ptr_array_unref(c->stands);
	g_free(c);
}

static gboolean is_word(const char *text)
{
	return *text && strlen(text) < 64 &&
	       strspn(text, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.") == strlen(text);
}

static gboolean find_place(const char *name, StandPlace *place)
{
	for (guint i = 0; i < STAND_PLACE_COUNT; i++) {
		if (!g_str_equal(stand_places[i].name, name))
			continue;
		*place = i;
		return TRUE;
	}
	return FALSE;
}

static gboolean take_arg(const char *text, guint *arg)
{
	guint64 number;

	if (!units_parse_u64(text, &number) || number < 1 || number > STAND_ARGS_MAX)
		return FALSE;
	*arg = (guint)number;
	return TRUE;
}

/* One of the words behind the function. */
static gboolean take_option(Stand *stand, const char *word)
{
	static const char *const pages[] = {
		[STAND_RANGE] = "range=", [STAND_PFN] = "pfn=", [STAND_PAGE] = "page="};
	guint64 number;

	if (g_str_equal(word, "park"))
		return stand->park = TRUE;
	if (g_str_has_prefix(word, "count=")) {
		if (!units_parse_u64(word + strlen("count="), &number) || number > G_MAXINT32)
			return FALSE;
		stand->count = (gint64)number;
		return TRUE;
	}
	for (guint i = STAND_RANGE; i <= STAND_PAGE; i++) {
		g_auto(GStrv) args = NULL;

		if (!g_str_has_prefix(word, pages[i]) || stand->page)
			continue;
		args = g_strsplit(word + strlen(pages[i]), ",", 3);
		stand->page = i;
		return g_strv_length(args) == (i == STAND_RANGE ? 2 : 1) &&
		       take_arg(args[0], &stand->arg) &&
		       (i != STAND_RANGE || take_arg(args[1], &stand->count_arg));
	}
	return FALSE;
}

/* The page must be chosen before anything is asked of it. */
static gboolean check_page(const Choreography *c, const Stand *stand)
{
	for (guint i = 0; i < c->stands->len; i++)
		if (((const Stand *)g_ptr_array_index(c->stands, i))->page)
			return TRUE;
	return stand->place <= STAND_RETURN && stand->count == STAND_ANY_NUMBER;
}

static gboolean check_roles(const Choreography *c)
{
	g_autoptr(GHashTable) roles = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < c->stands->len; i++)
		g_hash_table_add(roles, ((Stand *)g_ptr_array_index(c->stands, i))->role);
	return g_hash_table_size(roles) <= STAND_ROLES_MAX;
}

static gboolean load_stand(Choreography *c, const ScenarioSource *src, const char *key,
			   GError **error)
{
	g_autofree char *value = g_key_file_get_string(src->ini, GROUP, key, NULL);
	g_auto(GStrv) words = g_strsplit_set(g_strstrip(value), " \t", -1);
	Stand *stand = g_new0(Stand, 1);
	guint n = 0;

	for (guint i = 0; words[i]; i++) /* several blanks in a row */
		if (*words[i])
			words[n++] = words[i];
		else
			g_free(words[i]);
	words[n] = NULL;
	stand->name = g_strdup(key);
	stand->count = STAND_ANY_NUMBER;
	g_ptr_array_add(c->stands, stand);
	if (!is_word(key) || n < 3 || !is_word(words[0]) || !is_word(words[2]))
		return scenario_complain(src, GROUP, key, error,
					 "not a stand: ROLE PLACE FUNCTION, then options");
	stand->role = g_strdup(words[0]);
	stand->function = g_strdup(words[2]);
	if (!find_place(words[1], &stand->place))
		return scenario_complain(
			src, GROUP, key, error,
			"'%s' is no place; there are entry, return, touch, get, put", words[1]);
	for (guint i = 3; i < n; i++)
		if (!take_option(stand, words[i]))
			return scenario_complain(
				src, GROUP, key, error,
				"'%s' is none of range=ARG,ARG, pfn=ARG, page=ARG, "
				"count=N, park, with arguments from 1 to %d",
				words[i], STAND_ARGS_MAX);
	if (stand->page && stand->place != STAND_ENTRY)
		return scenario_complain(src, GROUP, key, error,
					 "only at an entry the arguments are known");
	if (!check_page(c, stand))
		return scenario_complain(
			src, GROUP, key, error,
			"no page is chosen yet: an entry with range=, pfn= or page= "
			"must come first");
	return TRUE;
}

gboolean choreography_load(Choreography *c, const ScenarioSource *src, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(src->ini, GROUP, NULL, NULL);

	for (guint i = 0; keys && keys[i]; i++) {
		if (i == STANDS_MAX)
			return scenario_complain(src, GROUP, keys[i], error, "more than %d stands",
						 STANDS_MAX);
		if (!load_stand(c, src, keys[i], error))
			return FALSE;
	}
	if (!c->stands->len)
		return scenario_complain(src, GROUP, NULL, error, "no stands");
	return check_roles(c) ||
	       scenario_complain(src, GROUP, NULL, error, "more than %d roles", STAND_ROLES_MAX);
}

char *choreography_functions(const Choreography *c)
{
	GString *text = g_string_new(NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < c->stands->len; i++) {
		const Stand *stand = g_ptr_array_index(c->stands, i);

		if (g_hash_table_add(seen, stand->function))
			g_string_append_printf(text, "%s%s", text->len ? "," : "", stand->function);
	}
	return g_string_free(text, FALSE);
}

char *stand_text(const Stand *stand)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%s %s %s", stand->role, stand_places[stand->place].name,
			       stand->function);
	if (stand->page == STAND_RANGE)
		g_string_append_printf(text, " range=%u,%u", stand->arg, stand->count_arg);
	else if (stand->page)
		g_string_append_printf(text, " %s=%u", stand->page == STAND_PFN ? "pfn" : "page",
				       stand->arg);
	if (stand->count != STAND_ANY_NUMBER)
		g_string_append_printf(text, " count=%" G_GINT64_FORMAT, stand->count);
	if (stand->park)
		g_string_append(text, " park");
	return g_string_free(text, FALSE);
}
