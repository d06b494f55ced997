/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exposure in real kernels: each layer must count one window for each offline, neither more nor
 * less, and must see a walker inside. Kernels that are not cached are skipped.
 */
#include "host-driver/tree.h"
#include "tests/guest/backend-fixture.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <string.h>

#define DEADLINE_S 150

typedef struct {
	const char *kernel, *layer;
} Case;

typedef struct {
	char *dir;
	GSubprocess *process;
	GHashTable *last; /* "verb/walker-or-name/window" -> JsonObject */
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("pfnhunt-probe-XXXXXX", NULL);
	f->last = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					(GDestroyNotify)json_object_unref);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_clear_object(&f->process);
	g_hash_table_unref(f->last);
	if (!g_test_failed())
		tree_remove(f->dir);
	else
		g_test_message("kept: %s", f->dir);
	g_free(f->dir);
}

static gboolean too_late(gpointer user)
{
	g_subprocess_force_exit(user);
	g_test_message("no end within %d s", DEADLINE_S);
	g_test_fail();
	return G_SOURCE_REMOVE;
}

static void ended(GObject *source, GAsyncResult *result, gpointer user)
{
	*(GAsyncResult **)user = g_object_ref(result);
}

static char *write_scenario(const Fixture *f, const char *layer)
{
	g_autofree char *shipped =
		g_build_filename(g_getenv("PFNHUNT_SCENARIOS"), "probe.ini", NULL);
	char *path = g_build_filename(f->dir, "probe.ini", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) parts = NULL;
	g_autofree char *filled = NULL;

	g_assert_true(g_file_get_contents(shipped, &text, NULL, NULL));
	parts = g_strsplit(text, "= LAYER", -1);
	g_assert_cmpuint(g_strv_length(parts), ==, 2);
	filled = g_strconcat(parts[0], "= ", layer, parts[1], NULL);
	g_assert_true(g_file_set_contents(path, filled, -1, NULL));
	return path;
}

/* Runs one boot. Returns the exit code. */
static int run(Fixture *f, const Case *c)
{
	g_autofree char *scenario = write_scenario(f, c->layer), *out = NULL;
	g_autofree char *results = g_build_filename(f->dir, "results", NULL);
	g_autoptr(GPtrArray) argv = backend_command();
	const char *const rest[] = {"run",	   scenario,	"--kernel",
				    c->kernel,	   "--results", results,
				    "--seed",	   "1",		backend_option(),
				    backend_text()};
	g_autoptr(GAsyncResult) result = NULL;
	g_autoptr(GError) error = NULL;
	guint guard;

	for (guint i = 0; i < G_N_ELEMENTS(rest); i++)
		if (rest[i])
			g_ptr_array_add(argv, (char *)rest[i]);
	g_ptr_array_add(argv, NULL);
	f->process =
		g_subprocess_newv((const char *const *)argv->pdata,
				  G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE,
				  &error);
	g_assert_no_error(error);
	guard = g_timeout_add_seconds(DEADLINE_S, too_late, f->process);
	g_subprocess_communicate_utf8_async(f->process, NULL, NULL, ended, &result);
	while (!result)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(guard);
	g_subprocess_communicate_utf8_finish(f->process, result, &out, NULL, &error);
	g_assert_no_error(error);
	g_test_message("%s", out);
	return g_subprocess_get_if_exited(f->process) ? g_subprocess_get_exit_status(f->process)
						      : -1;
}

static const char *text_of(JsonObject *o, const char *key)
{
	return json_object_has_member(o, key) ? json_object_get_string_member(o, key) : "";
}

static void keep_last(Fixture *f, const char *counters)
{
	g_auto(GStrv) lines = g_strsplit(counters, "\n", -1);

	for (guint i = 0; lines[i] && *lines[i]; i++) {
		g_autoptr(JsonNode) node = json_from_string(lines[i], NULL);
		JsonObject *o = node ? json_node_get_object(node) : NULL;
		const char *verb, *what;

		if (!o || !json_object_has_member(o, "agent"))
			continue;
		verb = text_of(o, "agent");
		what = g_str_equal(verb, "visit") ? text_of(o, "walker") : text_of(o, "name");
		g_hash_table_insert(f->last,
				    g_strconcat(verb, "/", what, "/", text_of(o, "window"), NULL),
				    json_object_ref(o));
	}
}

static void read_counters(Fixture *f)
{
	g_autofree char *results = g_build_filename(f->dir, "results", NULL);
	g_autoptr(GDir) dir = g_dir_open(results, 0, NULL);
	const char *name;

	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path =
			g_build_filename(results, name, "boots", "0000", "counters.jsonl", NULL);
		g_autofree char *text = NULL;

		if (g_file_get_contents(path, &text, NULL, NULL))
			keep_last(f, text);
	}
}

static gint64 number(const Fixture *f, const char *line, const char *key)
{
	JsonObject *o = g_hash_table_lookup(f->last, line);

	if (!o)
		g_error("there is no line %s", line);
	g_test_message("%s %s: %" G_GINT64_FORMAT, line, key,
		       json_object_has_member(o, key) ? json_object_get_int_member(o, key) : -1);
	return json_object_has_member(o, key) ? json_object_get_int_member(o, key) : -1;
}

static void test_layer(Fixture *f, gconstpointer data)
{
	const Case *c = data;
	gboolean bpf = g_str_equal(c->layer, "bpf");
	gint64 done;

	if (run(f, c) == 2) {
		g_test_skip("the kernel is not cached");
		return;
	}
	read_counters(f);
	g_assert_cmpstr(text_of(g_hash_table_lookup(f->last, "probe//"), "layer"), ==, c->layer);
	/* Only what is counted by a layer that the guest began with can be compared. */
	done = number(f, "count/block-state/", "offlines");
	g_assert_cmpint(done, >, 3);
	g_assert_cmpint(number(f, "window/offline/", "opened"), ==, done);
	g_assert_cmpint(number(f, "visit/kpagecount/offline", "visits"), >, 100);
	g_assert_cmpint(number(f, "visit/kpagecount/offline", "inside"), >, 0);
	if (!bpf)
		return;
	g_assert_cmpint(number(f, "window/dec/", "opened"), ==, done);
	g_assert_cmpint(number(f, "window/offline/", "lost"), ==, 0);
	g_assert_cmpint(number(f, "window/offline/", "open_ns"), >,
			number(f, "window/dec/", "open_ns"));
	/* kpagecount is aimed at the fake-offline pages: it meets nothing else. */
	g_assert_cmpint(number(f, "visit/kpagecount/offline", "offline"), ==,
			number(f, "visit/kpagecount/offline", "inside"));
	g_assert_cmpint(number(f, "visit/compaction/offline", "visits"), >, 0);
	g_assert_cmpint(number(f, "visit/kpageflags/offline", "visits"), >,
			number(f, "count/kpageflags/", "pages") / 2);
}

int main(int argc, char **argv)
{
	static const Case cases[] = {
		{"6.1", "bpf"}, {"6.1", "kprobe"}, {"6.1", "user"},
		{"7.3", "bpf"}, {"7.3", "kprobe"}, {"7.3", "user"},
	};

	int code;

	g_test_init(&argc, &argv, NULL);
	if (!backend_set_up())
		return 77;
	/* What counts is in the guest: through libvirt one case is enough. */
	for (gsize i = 0; i < (backend_option() ? 1 : G_N_ELEMENTS(cases)); i++) {
		g_autofree char *path =
			g_strdup_printf("/guest/probe/%s/%s", cases[i].kernel, cases[i].layer);

		g_test_add(path, Fixture, &cases[i], set_up, test_layer, tear_down);
	}
	code = g_test_run();
	backend_tear_down();
	return code;
}
