/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See known.h. */
#include "harness/incident/known.h"
#include "host-driver/base/error.h"
#include "host-driver/base/open.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define FILE_MAX_BYTES (1u << 20)

typedef struct {
	KnownIssue issue; /* first: the list of issues is one of these */
	GPatternSpec *pattern;
	char *from, *to; /* NULL without a bound */
} Entry;

struct TriageKnown {
	GPtrArray *entries;
};

static void entry_free(gpointer data)
{
	Entry *entry = data;

	g_clear_pointer(&entry->pattern, g_pattern_spec_free);
	g_free(entry->issue.path);
	g_free(entry->issue.name);
	g_free(entry->issue.signature);
	g_free(entry->issue.note);
	g_free(entry->issue.kernels);
	g_free(entry->issue.until);
	g_free(entry->from);
	g_free(entry->to);
	g_free(entry);
}

int triage_known_compare(const char *a, const char *b)
{
	while (g_ascii_isdigit(*a) || g_ascii_isdigit(*b)) {
		char *a_end, *b_end;
		guint64 x = g_ascii_strtoull(a, &a_end, 10), y = g_ascii_strtoull(b, &b_end, 10);

		if (x != y)
			return x < y ? -1 : 1;
		a = *a_end == '.' ? a_end + 1 : "";
		b = *b_end == '.' ? b_end + 1 : "";
	}
	return 0;
}

static gboolean is_version(const char *text)
{
	return g_ascii_isdigit(*text) && strspn(text, "0123456789.") == strlen(text);
}

/* "6.1 - 6.12", "- 6.12", "6.1 -", "6.1" */
static gboolean read_range(Entry *entry, const char *text)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);

	if (!ends[0])
		return FALSE;
	entry->from = g_strdup(g_strstrip(ends[0]));
	entry->to = g_strdup(ends[1] ? g_strstrip(ends[1]) : entry->from);
	if (!*entry->from)
		g_clear_pointer(&entry->from, g_free);
	if (!*entry->to)
		g_clear_pointer(&entry->to, g_free);
	return (entry->from || entry->to) && (!entry->from || is_version(entry->from)) &&
	       (!entry->to || is_version(entry->to));
}

/* "2026-12-31", by this machine's calendar. */
static gboolean read_until(Entry *entry, const char *text)
{
	g_autoptr(GTimeZone) here = g_time_zone_new_local();
	g_autofree char *last = g_strconcat(text, "T23:59:59", NULL);
	g_autoptr(GDateTime) end = g_date_time_new_from_iso8601(last, here);
	g_autoptr(GDateTime) now = g_date_time_new_now(here);

	if (strlen(text) != strlen("2026-12-31") || !end)
		return FALSE;
	entry->issue.expired = g_date_time_compare(now, end) > 0;
	return TRUE;
}

static Entry *load_entry(GKeyFile *file, const char *group, const char *path, GError **error)
{
	Entry *entry = g_new0(Entry, 1);
	KnownIssue *issue = &entry->issue;
	const char *wrong = NULL;

	issue->path = g_strdup(path);
	issue->name = g_strdup(group);
	issue->signature = g_key_file_get_string(file, group, "signature", NULL);
	issue->note = g_key_file_get_string(file, group, "note", NULL);
	issue->kernels = g_key_file_get_string(file, group, "kernels", NULL);
	issue->until = g_key_file_get_string(file, group, "until", NULL);
	if (!issue->signature || !*issue->signature)
		wrong = "signature: must be given";
	else if (!issue->note || !*issue->note)
		wrong = "note: must be given";
	else if (issue->kernels && !read_range(entry, issue->kernels))
		wrong = "kernels: must be like \"6.1 - 6.12\"";
	else if (issue->until && !read_until(entry, issue->until))
		wrong = "until: must be a day, like 2026-12-31";
	if (wrong) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s: [%s] %s", path, group,
			    wrong);
		entry_free(entry);
		return NULL;
	}
	entry->pattern = g_pattern_spec_new(issue->signature);
	return entry;
}

static gboolean check_keys(GKeyFile *file, const char *group, const char *path, GError **error)
{
	static const char *const names[] = {"signature", "note", "kernels", "until", NULL};
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);

	for (char **key = keys; key && *key; key++) {
		if (g_strv_contains(names, *key))
			continue;
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s: [%s] %s: unknown key; there are signature, note, kernels, until",
			    path, group, *key);
		return FALSE;
	}
	return TRUE;
}

static gboolean take_file(TriageKnown *known, GKeyFile *file, const char *path, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

	for (char **group = groups; *group; group++) {
		Entry *entry = check_keys(file, *group, path, error)
				       ? load_entry(file, *group, path, error)
				       : NULL;

		if (!entry)
			return FALSE;
		g_ptr_array_add(known->entries, entry);
	}
	return TRUE;
}

static TriageKnown *known_new(void)
{
	TriageKnown *known = g_new0(TriageKnown, 1);

	known->entries = g_ptr_array_new_with_free_func(entry_free);
	return known;
}

TriageKnown *triage_known_load(const char *const *paths, GError **error)
{
	g_autoptr(TriageKnown) known = known_new();

	for (; *paths; paths++) {
		g_autoptr(GKeyFile) file = open_key_file(*paths, G_KEY_FILE_NONE, error);

		if (!file || !take_file(known, file, *paths, error))
			return NULL;
	}
	return g_steal_pointer(&known);
}

void triage_known_free(TriageKnown *known)
{
	if (!known)
		return;
	g_ptr_array_unref(known->entries);
	g_free(known);
}

const GPtrArray *triage_known_issues(const TriageKnown *known)
{
	return known->entries;
}

static gboolean in_range(const Entry *entry, const char *release)
{
	if (!entry->from && !entry->to)
		return TRUE;
	if (!release)
		return FALSE;
	/* "6.12" as an end includes 6.12.95 */
	return (!entry->from || triage_known_compare(release, entry->from) >= 0) &&
	       (!entry->to || triage_known_compare(release, entry->to) <= 0 ||
		(g_str_has_prefix(release, entry->to) &&
		 !g_ascii_isdigit(release[strlen(entry->to)])));
}

const KnownIssue *triage_known_find(const TriageKnown *known, const char *signature,
				    const char *release)
{
	for (guint i = 0; known && i < known->entries->len; i++) {
		const Entry *entry = g_ptr_array_index(known->entries, i);

		if (!entry->issue.expired &&
		    g_pattern_spec_match_string(entry->pattern, signature) &&
		    in_range(entry, release))
			return &entry->issue;
	}
	return NULL;
}

/* A name that no group of @file has, from what a group may be called. */
static char *group_name(GKeyFile *file, const char *signature)
{
	g_autofree char *base = g_strdup(signature);
	char *name;

	g_strcanon(base, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '-');
	name = g_strdup(base);
	for (guint n = 2; g_key_file_has_group(file, name); n++) {
		g_free(name);
		name = g_strdup_printf("%s-%u", base, n);
	}
	return name;
}

static gboolean write_text(const char *path, const char *text, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(path);
	g_autoptr(GError) why = NULL;

	if (g_mkdir_with_parents(dir, 0755) < 0)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s: %s", dir,
			    g_strerror(errno));
	else if (!g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
					   &why))
		g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, why->message);
	else
		return TRUE;
	return FALSE;
}

static gboolean is_there(GKeyFile *file, const KnownIssue *issue, const char *path, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

	for (char **group = groups; *group; group++) {
		g_autofree char *signature = g_key_file_get_string(file, *group, "signature", NULL);
		g_autofree char *kernels = g_key_file_get_string(file, *group, "kernels", NULL);

		if (g_strcmp0(signature, issue->signature) || g_strcmp0(kernels, issue->kernels))
			continue;
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s is there already: [%s] of %s", issue->signature, *group, path);
		return TRUE;
	}
	return FALSE;
}

gboolean triage_known_add(const char *path, const KnownIssue *issue, char **name, GError **error)
{
	g_autoptr(GKeyFile) file = NULL, more = g_key_file_new();
	g_autoptr(TriageKnown) check = known_new();
	g_autofree char *group = NULL, *before = NULL, *entry = NULL, *all = NULL;

	file = g_file_test(path, G_FILE_TEST_EXISTS) ? open_key_file(path, G_KEY_FILE_NONE, error)
						     : g_key_file_new();
	if (!file || is_there(file, issue, path, error))
		return FALSE;
	group = group_name(file, issue->signature);
	g_key_file_set_string(more, group, "signature", issue->signature);
	g_key_file_set_string(more, group, "note", issue->note);
	if (issue->kernels)
		g_key_file_set_string(more, group, "kernels", issue->kernels);
	if (issue->until)
		g_key_file_set_string(more, group, "until", issue->until);
	if (!take_file(check, more, path, error))
		return FALSE;
	/* Behind the old text, so that it stays as its author wrote it. */
	before = open_read(path, OPEN_NAMED, FILE_MAX_BYTES, NULL, NULL);
	entry = g_key_file_to_data(more, NULL, NULL);
	all = g_strdup_printf("%s%s%s", before ? before : "",
			      !before || !*before	       ? ""
			      : g_str_has_suffix(before, "\n") ? "\n"
							       : "\n\n",
			      entry);
	if (!write_text(path, all, error))
		return FALSE;
	*name = g_steal_pointer(&group);
	return TRUE;
}

gboolean triage_known_remove(const char *path, const char *name, GError **error)
{
	g_autoptr(GKeyFile) file = open_key_file(path, G_KEY_FILE_KEEP_COMMENTS, error);
	g_autofree char *all = NULL;

	if (!file)
		return FALSE;
	if (!g_key_file_has_group(file, name)) {
		g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);
		g_autofree char *list = g_strjoinv(", ", groups);

		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s has no [%s]; there %s%s",
			    path, name, *groups ? "are " : "is nothing in it", list);
		return FALSE;
	}
	g_key_file_remove_group(file, name, NULL);
	all = g_key_file_to_data(file, NULL, NULL);
	return write_text(path, all, error);
}
