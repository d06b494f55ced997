/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt list`: the tables of the program, as text that can be piped. */
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "harness/cli/paths.h"
#include "harness/scenario/scenario.h"
#include "harness/store/store.h"
#include "host-driver/base/units.h"
#include "guest-agent/contract/op-table.h"
#include "guest-agent/contract/probe-table.h"
#include "host-driver/base/error.h"
#include "host-driver/kernel/kernel.h"

#include <stdio.h>
#include <string.h>

static void print_param(const struct op_param *p)
{
	char form[512];

	printf("      %s = %s (%s)\n          %s\n", p->name, p->def,
	       op_param_form(p, form, sizeof(form)), p->help);
}

static void print_names(const char *what, const char *const *names)
{
	for (const char *const *name = names; name && *name; name++)
		printf("%s%s%s", name == names ? what : ", ", *name, name[1] ? "" : "\n");
}

/* By what the kernel's side of a walker is known. */
static void print_sight(const struct op *op)
{
	const char *names[16] = {NULL};

	for (size_t n = 0; op->visits && op->visits[n].func && n < G_N_ELEMENTS(names) - 1; n++)
		names[n] = op->visits[n].func;
	print_names("    counted at ", names);
	print_names("    in a stack ", op->frames);
	print_names("    kernel threads ", op->threads);
	if (op->same_as)
		printf("    counted and named as %s\n", op->same_as);
	if (op->unseen)
		printf("    not %s: %s\n", op->frames ? "counted" : "counted, not named",
		       op->unseen);
	print_names("    takes from the host ", op->host_programs);
}

static gboolean list_ops(GError **error)
{
	const struct op *op;

	for (size_t i = 0; (op = op_get(i)); i++) {
		const struct op_param *p;

		printf("%s%s (%s)\n    %s\n", i ? "\n" : "", op->name, op_kind_name(op->kind),
		       op->help);
		print_sight(op);
		for (const struct op_need *need = op->needs; need && need->path; need++)
			printf("    needs %s%s%s\n", need->path, need->config ? ", CONFIG_" : "",
			       need->config ? need->config : "");
		for (p = op->params; p && p->name; p++)
			print_param(p);
	}
	printf("\nevery op\n");
	for (const struct op_param *p = op_core_params; p->name; p++)
		print_param(p);
	return TRUE;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean list_scenarios(GError **error)
{
	g_autofree char *configs = paths_configs();
	g_autoptr(GDir) dir = g_dir_open(configs, 0, error);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir)))
		if (scenario_is_name(entry))
			g_ptr_array_add(names, g_strdup(entry));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path =
			g_build_filename(configs, g_ptr_array_index(names, i), NULL);
		g_autoptr(Scenario) s = scenario_load(path, error);

		if (!s)
			return FALSE;
		printf("%-16s %s\n", s->name, s->summary);
	}
	return dir != NULL;
}

static void print_key(const ScenarioKey *k)
{
	printf("  %-15s %s", k->key, k->help);
	if (k->choices)
		printf(" (%s)", k->choices);
	if (k->fallback)
		printf(" [%s]", k->fallback);
	printf("\n");
}

static gboolean list_pressure(GError **error)
{
	for (guint i = 0; i < PRESSURE_KINDS; i++) {
		const PressureInfo *info = &pressure_infos[i];
		g_autofree char *group = g_strdup_printf("pressure %s", info->name);

		printf("%s[%s]\n  %s\n", i ? "\n" : "", group, info->help);
		for (const ScenarioKey *k = scenario_keys; k->group; k++)
			if (g_str_equal(k->group, group))
				print_key(k);
	}
	return TRUE;
}

static gboolean list_keys(GError **error)
{
	const char *group = "";

	for (const ScenarioKey *k = scenario_keys; k->group; k++) {
		if (!g_str_equal(group, k->group))
			printf("%s[%s]\n", *group ? "\n" : "", k->group);
		group = k->group;
		print_key(k);
	}
	printf("\n[set]\n  /sys/... = VALUE  files in the guest's /sys or /proc, written before "
	       "the ops are set up\n\n[op NAME] or [op NAME#LABEL]\n  the op's parameters: "
	       "`pfnhunt "
	       "list ops`\n");
	return TRUE;
}

static gboolean list_kernels(GError **error)
{
	g_autoptr(GPtrArray) kernels = kernel_list(error);

	if (!kernels)
		return FALSE;
	for (guint i = 0; i < kernels->len; i++) {
		const KernelEntry *k = g_ptr_array_index(kernels, i);

		printf("%-24s %-28s %-20s %s\n", k->spec, k->release ? k->release : "-",
		       k->version ? k->version : "-", k->where);
	}
	g_ptr_array_set_free_func(kernels, (GDestroyNotify)kernel_entry_free);
	return TRUE;
}

static void print_visits(const struct op *op)
{
	if (op->same_as)
		printf("  %-16s counts as %s\n", op->name, op->same_as);
	for (const struct op_visit *v = op->visits; v && v->func; v++)
		printf("  %-16s %s%s\n", op->name, v->func,
		       v->shared ? ", in the thread of the op" : "");
}

static gboolean list_probes(GError **error)
{
	const struct op *op;

	printf("windows: periods in which a range of PFNs is vulnerable\n");
#define X(id, name, opens, closes, help)                                                           \
	printf("  %-8s from %s to %s\n           %s\n", name, opens, closes, help);
	PROBE_WINDOWS(X)
#undef X
	printf("\nvisits: functions whose calls count as a walker's visit to a PFN\n");
	for (size_t i = 0; (op = op_get(i)); i++)
		print_visits(op);
	printf("\nnot followed\n");
	for (size_t i = 0; (op = op_get(i)); i++)
		if (op->kind == OP_WALKER && !op->same_as && !op->visits)
			printf("  %-16s %s\n", op->name, op->unseen);
	return TRUE;
}

static void print_hunt(const StoreHunt *h, gpointer user)
{
	printf("%-44s %-9s %4" G_GINT64_FORMAT " boots %4" G_GINT64_FORMAT
	       " fired %8" G_GINT64_FORMAT " offlines\n",
	       h->id, *h->verdict ? h->verdict : "unended", h->boots, h->fired, h->offlines);
}

static gboolean list_hunts(GError **error)
{
	g_autofree char *results = paths_results();
	g_autofree char *path = g_build_filename(results, "pfnhunt.db", NULL);
	g_autoptr(Store) store = NULL;

	if (!g_file_test(path, G_FILE_TEST_EXISTS)) /* nothing was hunted yet */
		return TRUE;
	store = store_open(results, error);
	return store && store_list(store, print_hunt, NULL, error);
}

static const struct {
	const char *name, *help;
	gboolean (*list)(GError **error);
} lists[] = {
	{"ops", "hammers, walkers and observers, with their parameters", list_ops},
	{"scenarios", "what `pfnhunt run` accepts", list_scenarios},
	{"pressure", "what the host can do to a guest's CPUs and memory, with the keys",
	 list_pressure},
	{"keys", "everything a scenario file can contain", list_keys},
	{"probes", "how exposure is counted: windows, and each walker's visits", list_probes},
	{"kernels", "what `--kernel` accepts without a download", list_kernels},
	{"hunts", "all hunts, newest first", list_hunts},
};

int cmd_list(int argc, char **argv)
{
	const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
	CommandHelp about = {.name = "list", .args = "WHAT"};
	g_autoptr(GString) help = g_string_new("WHAT is one of:\n");
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++)
		g_string_append_printf(help, "  %-10s %s\n", lists[i].name, lists[i].help);
	about.description = help->str;
	if (!command_parse(&about, entries, &argc, &argv, &error))
		return error ? cmd_fail(error) : 0;
	for (gsize i = 0; argc == 2 && i < G_N_ELEMENTS(lists); i++)
		if (g_str_equal(argv[1], lists[i].name))
			return lists[i].list(&error) ? 0 : cmd_fail(error);
	g_set_error(&error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "list what? %s", help->str);
	g_strchomp(error->message);
	return cmd_fail(error);
}
