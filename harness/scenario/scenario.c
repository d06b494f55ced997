/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See scenario.h. GKeyFile does the INI; this file adds the table, the checks and the lines. */
#include "harness/scenario/scenario.h"
#include "harness/scenario/complain.h"
#include "harness/scenario/hopeless.h"
#include "harness/verdict/exposure.h"
#include "host-driver/base/units.h"
#include "guest-agent/contract/op.h"
#include "host-driver/base/error.h"
#include "host-driver/base/open.h"
#include "host-driver/vm/vm.h"

static gboolean is_choice(const char *choices, const char *value)
{
	g_auto(GStrv) all = g_strsplit(choices, "|", -1);

	for (guint i = 0; all[i]; i++) {
		double share;

		if (g_str_equal(all[i], value))
			return TRUE;
		if (g_str_has_suffix(all[i], "PERCENT") &&
		    strncmp(all[i], value, strlen(all[i]) - strlen("PERCENT")) == 0 &&
		    units_parse_percent(value + strlen(all[i]) - strlen("PERCENT"), &share))
			return TRUE;
	}
	return FALSE;
}

/* The part of @key that the file chooses, "dec" of "windows.dec"; NULL when @k has none. */
static const char *chosen_part(const ScenarioKey *k, const char *key)
{
	const char *dot = strchr(k->key, '.');

	return dot && strncmp(k->key, key, (gsize)(dot + 1 - k->key)) == 0
		       ? key + (dot + 1 - k->key)
		       : NULL;
}

/* Checks @value of the file's @key against @k and stores it at @field. */
static gboolean store_named(const ScenarioSource *src, const ScenarioKey *k, const char *group,
			    const char *key, void *field, const char *value, GError **error)
{
	g_autofree char *min = NULL, *max = NULL;
	const char *example = NULL;
	gboolean ok = FALSE;
	guint64 number = 0;

	switch (k->type) {
	case KEY_TEXT:
		if (k->choices && !is_choice(k->choices, value))
			return scenario_complain(src, group, key, error, "'%s' is none of %s",
						 value, k->choices);
		g_free(*(char **)field);
		*(char **)field = g_strdup(value);
		return TRUE;
	case KEY_BYTES:
		ok = units_parse_bytes(value, &number);
		example = "a size such as 4M or 2G";
		min = units_format_bytes(k->min);
		max = units_format_bytes(k->max);
		break;
	case KEY_MS:
		ok = units_parse_ms(value, &number);
		example = "a time such as 500ms, 20s or 8h";
		min = units_format_ms(k->min);
		max = units_format_ms(k->max);
		break;
	case KEY_COUNT:
		if (k->choices && g_str_equal(value, k->choices)) {
			*(guint64 *)field = 0;
			return TRUE;
		}
		ok = units_parse_u64(value, &number);
		example = k->choices ? "auto or a number" : "a number";
		min = g_strdup_printf("%" G_GUINT64_FORMAT, k->min);
		max = g_strdup_printf("%" G_GUINT64_FORMAT, k->max);
		break;
	}
	if (!ok)
		return scenario_complain(src, group, key, error, "'%s' is not %s", value, example);
	if (number < k->min || number > k->max)
		return scenario_complain(src, group, key, error, "%s is not between %s and %s",
					 value, min, max);
	*(guint64 *)field = number;
	return TRUE;
}

static gboolean store(const ScenarioSource *src, const ScenarioKey *k, const char *group,
		      void *base, const char *value, GError **error)
{
	return store_named(src, k, group, k->key, (char *)base + k->offset, value, error);
}

/* All keys of @group of the file into @base, by the table's group @table_group. */
static gboolean load_group(const ScenarioSource *src, const char *table_group, const char *group,
			   void *base, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(src->ini, group, NULL, NULL);

	for (guint i = 0; keys && keys[i]; i++) {
		g_autoptr(GString) right = g_string_new(NULL);
		gboolean known = FALSE;

		for (const ScenarioKey *k = scenario_keys; k->group; k++) {
			if (!g_str_equal(k->group, table_group))
				continue;
			known |= g_str_equal(k->key, keys[i]) || chosen_part(k, keys[i]);
			g_string_append_printf(right, "%s%s", right->len ? ", " : "", k->key);
		}
		if (!known)
			return scenario_complain(src, group, keys[i], error,
						 "no such key; there are %s", right->str);
	}
	for (const ScenarioKey *k = scenario_keys; k->group; k++) {
		g_autofree char *value = NULL;

		if (!g_str_equal(k->group, table_group) || strchr(k->key, '.'))
			continue;
		value = g_key_file_get_string(src->ini, group, k->key, NULL);
		if (value)
			g_strstrip(value);
		else if (k->fallback)
			value = g_strdup(k->fallback);
		else
			return scenario_complain(src, group, k->key, error, "missing: %s", k->help);
		if (!store(src, k, group, base, value, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean load_device(Scenario *s, const ScenarioSource *src, const char *group,
			    GError **error)
{
	const char *id = group + strlen("memory ");
	VmMemDevice *dev;

	if (!g_ascii_islower(id[0]) ||
	    strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789") != strlen(id))
		return scenario_complain(
			src, group, NULL, error,
			"a device's ID is a letter, then letters and digits, such as vm0");
	dev = vm_mem_device_new(id, 0, 0, 0);
	g_ptr_array_add(s->devices, dev);
	if (!load_group(src, "memory ID", group, dev, error))
		return FALSE;
	if (dev->block_size_bytes & (dev->block_size_bytes - 1))
		return scenario_complain(src, group, "block-size", error,
					 "not a power of two; 2M, 4M, ... are");
	if (dev->size_bytes % dev->block_size_bytes)
		return scenario_complain(src, group, "size", error, "not a multiple of block-size");
	if (dev->requested_bytes % dev->block_size_bytes) {
		g_autofree char *below = units_format_bytes(
			dev->requested_bytes / dev->block_size_bytes * dev->block_size_bytes);

		return scenario_complain(src, group, "requested-size", error,
					 "not a multiple of block-size; %s is", below);
	}
	if (dev->requested_bytes > dev->size_bytes)
		return scenario_complain(src, group, "requested-size", error, "more than size");
	if (dev->node > s->nodes)
		return scenario_complain(src, group, "node", error,
					 "with [guest] nodes = %" G_GUINT64_FORMAT
					 " the last is %" G_GUINT64_FORMAT
					 ", of memory devices alone",
					 s->nodes, s->nodes);
	return TRUE;
}

#define MEMORY_BLOCK_BYTES (G_GUINT64_CONSTANT(128) << 20)

static gboolean check_nodes(const Scenario *s, const ScenarioSource *src, GError **error)
{
	if (s->cpus % s->nodes)
		return scenario_complain(src, "guest", "nodes", error,
					 "cpus = %" G_GUINT64_FORMAT
					 " are not the same number for each",
					 s->cpus);
	if (s->nodes > 1 && s->memory_bytes % (s->nodes * MEMORY_BLOCK_BYTES)) {
		g_autofree char *unit = units_format_bytes(s->nodes * MEMORY_BLOCK_BYTES);

		return scenario_complain(
			src, "guest", "nodes", error,
			"memory is not the same number of 128M memory blocks for each; "
			"multiples of %s are",
			unit);
	}
	return TRUE;
}

static void scenario_op_free(ScenarioOp *op)
{
	g_free(op->name);
	g_free(op->label);
	g_ptr_array_unref(op->keys);
	g_ptr_array_unref(op->values);
	g_free(op);
}

static gboolean load_op(Scenario *s, const ScenarioSource *src, const char *group, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(src->ini, group, NULL, NULL);
	ScenarioOp *op = g_new0(ScenarioOp, 1);
	const struct op *info;

	op->label = g_strdup(group + strlen("op "));
	op->name = g_strndup(op->label, strcspn(op->label, "#"));
	op->keys = g_ptr_array_new_with_free_func(g_free);
	op->values = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(s->ops, op);
	if (s->ops->len > OP_INST_MAX)
		return scenario_complain(src, group, NULL, error, "more than %d ops", OP_INST_MAX);
	info = op_find(op->name);
	if (!info)
		return scenario_complain(src, group, NULL, error,
					 "no such op; `pfnhunt list ops` shows them");
	for (guint i = 0; keys && keys[i]; i++) {
		g_autofree char *value = g_key_file_get_string(src->ini, group, keys[i], NULL);
		char why[256];

		g_strstrip(value);
		if (op_param_check(info, keys[i], value, why, sizeof(why)) < 0)
			return scenario_complain(src, group, keys[i], error, "%s", why);
		g_ptr_array_add(op->keys, g_strdup(keys[i]));
		g_ptr_array_add(op->values, g_steal_pointer(&value));
	}
	return TRUE;
}

static void scenario_module_free(ScenarioModule *module)
{
	g_free(module->name);
	g_free(module->params);
	g_free(module);
}

static gboolean load_module(Scenario *s, const ScenarioSource *src, const char *group,
			    GError **error)
{
	const char *name = group + strlen("module ");
	ScenarioModule *module = g_new0(ScenarioModule, 1);

	module->name = g_strdelimit(g_strdup(name), "-", '_');
	g_ptr_array_add(s->modules, module);
	if (!*name || strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-") != strlen(name))
		return scenario_complain(src, group, NULL, error,
					 "not the name of a kernel module");
	if (!load_group(src, "module NAME", group, module, error))
		return FALSE;
	for (const char *c = module->params; *c; c++)
		if (!g_ascii_isprint(*c))
			return scenario_complain(src, group, "params", error, "not plain text");
	return TRUE;
}

static gboolean load_set(Scenario *s, const ScenarioSource *src, const char *group, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(src->ini, group, NULL, NULL);

	for (guint i = 0; keys && keys[i]; i++) {
		if (!(g_str_has_prefix(keys[i], "/sys/") || g_str_has_prefix(keys[i], "/proc/")) ||
		    strstr(keys[i], ".."))
			return scenario_complain(src, group, keys[i], error,
						 "not a file below /sys or /proc of the guest");
		g_ptr_array_add(s->set_paths, g_strdup(keys[i]));
		g_ptr_array_add(s->set_values,
				g_key_file_get_string(src->ini, group, keys[i], NULL));
	}
	return TRUE;
}

static gboolean check_goal(const ScenarioGoal *goal, const ScenarioSource *src, const char *key,
			   GError **error)
{
	const struct op *op = op_find(goal->name);
	gboolean known = FALSE;

	if (g_str_equal(goal->key, "visits.WALKER"))
		return (op && op->kind == OP_WALKER) ||
		       scenario_complain(src, "goal", key, error,
					 "no walker of that name; `pfnhunt list ops` shows them");
	for (const ExposureKind *k = exposure_kinds; k->kind; k++)
		known |= g_str_equal(k->kind, goal->name);
	return known || scenario_complain(src, "goal", key, error,
					  "no such window; `pfnhunt list keys` shows them");
}

/* The goals that name a window or a walker; load_group() has done the others. */
static gboolean load_goals(Scenario *s, const ScenarioSource *src, GError **error)
{
	g_auto(GStrv) keys = g_key_file_get_keys(src->ini, "goal", NULL, NULL);

	for (guint i = 0; keys && keys[i]; i++) {
		for (const ScenarioKey *k = scenario_keys; k->group; k++) {
			const char *name =
				g_str_equal(k->group, "goal") ? chosen_part(k, keys[i]) : NULL;
			g_autofree char *value = NULL;
			ScenarioGoal *goal;

			if (!name)
				continue;
			goal = g_new0(ScenarioGoal, 1);
			goal->key = k->key;
			goal->name = g_strdup(name);
			g_ptr_array_add(s->goals, goal);
			value = g_key_file_get_string(src->ini, "goal", keys[i], NULL);
			if (!store_named(src, k, "goal", keys[i], &goal->least, g_strstrip(value),
					 error) ||
			    !check_goal(goal, src, keys[i], error))
				return FALSE;
		}
	}
	return TRUE;
}

/* Rarer than this is not shown in a life of boots. */
#define BOUND_MIN 0.00001

static gboolean check_stop(Scenario *s, const ScenarioSource *src, GError **error)
{
	if (!g_str_has_prefix(s->stop, "bound:"))
		return TRUE;
	units_parse_percent(s->stop + strlen("bound:"), &s->bound);
	return s->bound >= BOUND_MIN ||
	       scenario_complain(src, "policy", "stop", error, "the least bound is 0.001%%");
}

static gboolean load_pressure(Scenario *s, const ScenarioSource *src, const char *group,
			      GError **error)
{
	const char *label = group + strlen("pressure ");
	Pressure *pressure = g_new0(Pressure, 1);
	g_autofree char *table = NULL;

	pressure->label = g_strdup(label);
	g_ptr_array_add(s->pressures, pressure);
	if (!pressure_find(label, &pressure->kind))
		return scenario_complain(src, group, NULL, error,
					 "no such pressure; `pfnhunt list pressure` shows them");
	table = g_strdup_printf("pressure %s", pressure_infos[pressure->kind].name);
	if (!load_group(src, table, group, pressure, error))
		return FALSE;
	if (pressure->jitter_ms >= pressure->period_ms)
		return scenario_complain(src, group, "jitter", error, "not below period");
	return TRUE;
}

static gboolean check_resize(const Scenario *s, const ScenarioSource *src, GError **error)
{
	const VmMemDevice *dev = NULL;

	for (guint i = 0; i < s->devices->len; i++) {
		const VmMemDevice *d = g_ptr_array_index(s->devices, i);

		if (g_str_equal(d->id, s->resize_device))
			dev = d;
	}
	if (!dev)
		return scenario_complain(src, "resize", "device", error, "there is no [memory %s]",
					 s->resize_device);
	if (s->resize_min_bytes % dev->block_size_bytes)
		return scenario_complain(src, "resize", "min", error,
					 "not a multiple of block-size");
	if (s->resize_max_bytes % dev->block_size_bytes)
		return scenario_complain(src, "resize", "max", error,
					 "not a multiple of block-size");
	if (s->resize_max_bytes > dev->size_bytes)
		return scenario_complain(src, "resize", "max", error,
					 "more than the device's size");
	if (s->resize_min_bytes >= s->resize_max_bytes)
		return scenario_complain(src, "resize", "min", error, "not below max");
	if (s->resize_jitter_ms >= s->resize_period_ms)
		return scenario_complain(src, "resize", "jitter", error, "not below period");
	return TRUE;
}

static gboolean check_balloon(const Scenario *s, const ScenarioSource *src, GError **error)
{
	if (s->balloon_min_bytes >= s->balloon_max_bytes)
		return scenario_complain(src, "balloon", "min", error, "not below max");
	if (s->balloon_max_bytes >= s->memory_bytes)
		return scenario_complain(src, "balloon", "max", error,
					 "not below the guest's memory");
	if (s->balloon_jitter_ms >= s->balloon_period_ms)
		return scenario_complain(src, "balloon", "jitter", error, "not below period");
	return TRUE;
}

static gboolean check_dimm(const Scenario *s, const ScenarioSource *src, GError **error)
{
	if (s->dimm_size_bytes % (128 << 20))
		return scenario_complain(src, "dimm", "size", error, "not a multiple of 128M");
	if (s->dimm_jitter_ms >= s->dimm_period_ms)
		return scenario_complain(src, "dimm", "jitter", error, "not below period");
	return TRUE;
}

/* A guest of 256 MiB of which a balloon took 128 ran out of memory. */
#define MEMORY_LEFT_MIN (G_GUINT64_CONSTANT(160) << 20)

static gboolean load_groups(Scenario *s, const ScenarioSource *src, GError **error)
{
	g_auto(GStrv) groups = g_key_file_get_groups(src->ini, NULL);
	const char *hopeless;

	for (guint i = 0; groups[i]; i++) {
		const char *g = groups[i];
		gboolean ok = TRUE;

		if (g_str_has_prefix(g, "memory "))
			ok = load_device(s, src, g, error);
		else if (g_str_has_prefix(g, "op "))
			ok = load_op(s, src, g, error);
		else if (g_str_equal(g, "dimm"))
			ok = load_group(src, g, g, s, error) && check_dimm(s, src, error);
		else if (g_str_has_prefix(g, "module "))
			ok = load_module(s, src, g, error);
		else if (g_str_has_prefix(g, "pressure "))
			ok = load_pressure(s, src, g, error);
		else if (g_str_equal(g, "choreography"))
			ok = load_group(src, g, g, s->choreography, error);
		else if (g_str_equal(g, "stands"))
			ok = choreography_load(s->choreography, src, error);
		else if (g_str_equal(g, "set"))
			ok = load_set(s, src, g, error);
		else if (g_str_equal(g, "resize"))
			ok = load_group(src, g, g, s, error);
		else if (g_str_equal(g, "balloon"))
			ok = load_group(src, g, g, s, error) && check_balloon(s, src, error);
		else if (!is_choice("scenario|guest|policy|goal", g))
			ok = scenario_complain(
				src, g, NULL, error,
				"no such group; there are scenario, guest, memory ID, resize, "
				"balloon, dimm, module NAME, pressure NAME, choreography, stands, "
				"set, op NAME, policy, goal");
		if (!ok)
			return FALSE;
	}
	if (!s->choreography->rounds != !s->choreography->stands->len)
		return scenario_complain(src, "choreography", NULL, error,
					 "[choreography] and [stands] belong together");
	hopeless = scenario_never_partly(s);
	if (hopeless)
		return scenario_complain(src, "scenario", NULL, error,
					 "op %s: blocks=partly never matches whole memory blocks",
					 hopeless);
	if (s->balloon_max_bytes && scenario_memory_left(s) < MEMORY_LEFT_MIN)
		return scenario_complain(
			src, "balloon", "max", error,
			"leaves the guest less than %d MiB: it would run out of memory",
			(int)(MEMORY_LEFT_MIN >> 20));
	/* Last, so that [resize] may stand above the device that it names. */
	return !s->resize_device || check_resize(s, src, error);
}

static void goal_free(gpointer data)
{
	ScenarioGoal *goal = data;

	g_free(goal->name);
	g_free(goal);
}

static Scenario *scenario_new(const char *path, const char *text)
{
	Scenario *s = g_new0(Scenario, 1);
	char *dot;

	s->path = g_strdup(path);
	s->text = g_strdup(text);
	s->name = g_path_get_basename(path);
	dot = strrchr(s->name, '.');
	if (dot && dot != s->name)
		*dot = '\0';
	s->devices = g_ptr_array_new_with_free_func((GDestroyNotify)vm_mem_device_free);
	s->ops = g_ptr_array_new_with_free_func((GDestroyNotify)scenario_op_free);
	s->modules = g_ptr_array_new_with_free_func((GDestroyNotify)scenario_module_free);
	s->pressures = g_ptr_array_new_with_free_func((GDestroyNotify)pressure_free);
	s->choreography = choreography_new();
	s->set_paths = g_ptr_array_new_with_free_func(g_free);
	s->set_values = g_ptr_array_new_with_free_func(g_free);
	s->goals = g_ptr_array_new_with_free_func(goal_free);
	return s;
}

Scenario *scenario_parse(const char *path, const char *text, GError **error)
{
	g_autoptr(Scenario) s = scenario_new(path, text);
	g_autoptr(GKeyFile) ini = g_key_file_new();
	g_autoptr(GError) bad = NULL;
	ScenarioSource src = {path, text, ini};
	char *summary;

	if (!g_key_file_load_from_data(ini, text, strlen(text), G_KEY_FILE_NONE, &bad)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s: not an INI file: %s",
			    path, bad->message);
		return NULL;
	}
	if (!g_key_file_has_group(ini, "scenario")) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s:1: no [scenario] group: not a scenario file", path);
		return NULL;
	}
	if (!load_group(&src, "scenario", "scenario", s, error) ||
	    !load_group(&src, "guest", "guest", s, error) || !check_nodes(s, &src, error) ||
	    !load_group(&src, "policy", "policy", s, error) || !check_stop(s, &src, error) ||
	    !load_group(&src, "goal", "goal", s, error) || !load_goals(s, &src, error) ||
	    !load_groups(s, &src, error))
		return NULL;
	if (s->ops->len == 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s:1: no [op NAME] group: there is nothing to run", path);
		return NULL;
	}
	/* It is printed, and may come from elsewhere. */
	summary = units_printable(s->summary);
	g_free(s->summary);
	s->summary = summary;
	return g_steal_pointer(&s);
}

static Scenario *load(const char *path, OpenAs as, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) bad = NULL;

	text = open_read(path, as, SCENARIO_MAX_BYTES, NULL, &bad);
	if (!text) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "%s", bad->message);
		return NULL;
	}
	return scenario_parse(path, text, error);
}

Scenario *scenario_load(const char *path, GError **error)
{
	return load(path, OPEN_NAMED, error);
}

Scenario *scenario_load_found(const char *path, GError **error)
{
	return load(path, OPEN_FOUND, error);
}

void scenario_free(Scenario *s)
{
	if (!s)
		return;
	g_free(s->name);
	g_free(s->path);
	g_free(s->text);
	g_strfreev(s->changes);
	g_free(s->summary);
	g_free(s->cmdline);
	g_free(s->online_policy);
	g_free(s->resize_device);
	g_free(s->resize_mode);
	g_free(s->resize_through);
	g_free(s->stop);
	g_free(s->baseline);
	g_free(s->probe);
	g_free(s->known_issues);
	g_free(s->goal_ops);
	g_ptr_array_unref(s->goals);
	g_ptr_array_unref(s->devices);
	g_ptr_array_unref(s->ops);
	g_ptr_array_unref(s->modules);
	g_ptr_array_unref(s->pressures);
	choreography_free(s->choreography);
	g_ptr_array_unref(s->set_paths);
	g_ptr_array_unref(s->set_values);
	g_free(s);
}
