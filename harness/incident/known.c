/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The known issues of triage-known.h. */
#include <string.h>

#include "harness/incident/known.h"
#include "host-driver/base/error.h"

typedef struct {
	GPatternSpec *signature;
	char *note, *from, *to; /* from, to: NULL without a bound */
} Issue;

struct TriageKnown {
	GPtrArray *issues;
};

static void issue_free(gpointer data)
{
	Issue *issue = data;

	g_clear_pointer(&issue->signature, g_pattern_spec_free);
	g_free(issue->note);
	g_free(issue->from);
	g_free(issue->to);
	g_free(issue);
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
static gboolean read_range(Issue *issue, const char *text)
{
	g_auto(GStrv) ends = g_strsplit(text, "-", 2);

	issue->from = g_strdup(g_strstrip(ends[0]));
	issue->to = g_strdup(ends[1] ? g_strstrip(ends[1]) : issue->from);
	if (!*issue->from)
		g_clear_pointer(&issue->from, g_free);
	if (!*issue->to)
		g_clear_pointer(&issue->to, g_free);
	return (issue->from || issue->to) && (!issue->from || is_version(issue->from)) &&
	       (!issue->to || is_version(issue->to));
}

static Issue *load_issue(GKeyFile *file, const char *group, const char *path, GError **error)
{
	Issue *issue = g_new0(Issue, 1);
	g_autofree char *signature = g_key_file_get_string(file, group, "signature", NULL);
	g_autofree char *kernels = g_key_file_get_string(file, group, "kernels", NULL);
	const char *wrong = NULL;

	issue->note = g_key_file_get_string(file, group, "note", NULL);
	if (!signature || !*signature)
		wrong = "signature: must be given";
	else if (!issue->note || !*issue->note)
		wrong = "note: must be given";
	else if (kernels && !read_range(issue, kernels))
		wrong = "kernels: must be like \"6.1 - 6.12\"";
	if (wrong) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s: [%s] %s", path, group,
			    wrong);
		issue_free(issue);
		return NULL;
	}
	issue->signature = g_pattern_spec_new(signature);
	return issue;
}

static gboolean check_keys(GKeyFile *file, const char *group, const char *path, GError **error)
{
	static const char *const names[] = {"signature", "note", "kernels", NULL};
	g_auto(GStrv) keys = g_key_file_get_keys(file, group, NULL, NULL);

	for (char **key = keys; key && *key; key++) {
		if (g_strv_contains(names, *key))
			continue;
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s: [%s] %s: unknown key; there are signature, note, kernels", path,
			    group, *key);
		return FALSE;
	}
	return TRUE;
}

TriageKnown *triage_known_load(const char *path, GError **error)
{
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_autoptr(GError) why = NULL;
	g_auto(GStrv) groups = NULL;
	TriageKnown *known;

	if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &why)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s: %s", path,
			    why->message);
		return NULL;
	}
	known = g_new0(TriageKnown, 1);
	known->issues = g_ptr_array_new_with_free_func(issue_free);
	groups = g_key_file_get_groups(file, NULL);
	for (char **group = groups; *group; group++) {
		Issue *issue = check_keys(file, *group, path, error)
				       ? load_issue(file, *group, path, error)
				       : NULL;

		if (!issue) {
			triage_known_free(known);
			return NULL;
		}
		g_ptr_array_add(known->issues, issue);
	}
	return known;
}

void triage_known_free(TriageKnown *known)
{
	if (!known)
		return;
	g_ptr_array_unref(known->issues);
	g_free(known);
}

static gboolean in_range(const Issue *issue, const char *release)
{
	if (!issue->from && !issue->to)
		return TRUE;
	if (!release)
		return FALSE;
	/* "6.12" as an end includes 6.12.95 */
	return (!issue->from || triage_known_compare(release, issue->from) >= 0) &&
	       (!issue->to || triage_known_compare(release, issue->to) <= 0 ||
		(g_str_has_prefix(release, issue->to) &&
		 !g_ascii_isdigit(release[strlen(issue->to)])));
}

const char *triage_known_find(const TriageKnown *known, const char *signature, const char *release)
{
	for (guint i = 0; known && i < known->issues->len; i++) {
		const Issue *issue = g_ptr_array_index(known->issues, i);

		if (g_pattern_spec_match_string(issue->signature, signature) &&
		    in_range(issue, release))
			return issue->note;
	}
	return NULL;
}
