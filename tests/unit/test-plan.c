/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan is a pure function of scenario and seed, and says what the scenario says. */
#include "harness/scenario/plan.h"
#include "host-driver/base/rng.h"

#include <string.h>

static const char text[] =
	"[scenario]\nsummary=s\n[guest]\nonline-policy=online_kernel\n"
	"[memory vm0]\nsize=1G\nblock-size=4M\nrequested-size=580M\n"
	"[memory vm1]\nsize=1G\nrequested-size=4M\n"
	"[resize]\ndevice=vm0\nmin=8M\nmax=640M\nperiod=100ms\njitter=20ms\n"
	"[set]\n/sys/kernel/mm/ksm/run=2 0\n"
	"[op null-walker]\nsched=idle\n[op null-hammer]\n[policy]\nduration=5s\n";

static KernelModule *module(const char *name)
{
	KernelModule *m = g_new0(KernelModule, 1);

	m->name = g_strdup(name);
	return m;
}

static GPtrArray *modules(void)
{
	GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)kernel_module_free);

	g_ptr_array_add(all, module("virtio_pci"));
	g_ptr_array_add(all, module("virtio_mem"));
	g_ptr_array_add(all, module("lkdtm"));
	return all;
}

static void test_same(void)
{
	g_autoptr(Scenario) s = scenario_parse("t.ini", text, NULL);
	g_autoptr(GPtrArray) mods = modules();
	g_autofree char *a = plan_to_text(s, 42, mods, 1, 50);
	g_autofree char *b = plan_to_text(s, 42, mods, 1, 50);
	g_autofree char *c = plan_to_text(s, 43, mods, 1, 50);

	g_assert_cmpstr(a, ==, b);
	g_assert_cmpstr(a, !=, c);
}

static void test_lines(void)
{
	g_autoptr(Scenario) s = scenario_parse("t.ini", text, NULL);
	g_autoptr(GPtrArray) mods = modules();
	g_autofree char *plan = plan_to_text(s, 42, mods, 1, 3);

	g_assert_true(g_str_has_prefix(plan, "plan proto=1 seed="));
	g_assert_nonnull(
		strstr(plan, "online_policy=online_kernel probe=auto probe_cost_ms=0 removal=1\n"));
	g_assert_nonnull(strstr(plan, "module path=/modules/lkdtm.ko needed=0\n"));
	/* Loaded before hello, and by the plug line, respectively. */
	g_assert_null(strstr(plan, "virtio_pci"));
	g_assert_null(strstr(plan, "virtio_mem"));
	g_assert_nonnull(strstr(plan, "set path=/sys/kernel/mm/ksm/run value=2%200\n"));
	g_assert_nonnull(strstr(plan, "op inst=0 name=null-walker sched=idle\n"));
	g_assert_nonnull(strstr(plan, "op inst=1 name=null-hammer\n"));
	g_assert_nonnull(
		strstr(plan, "plug bytes=612368384\ngo duration_ms=5000 warn_once_ms=1000\n"));
	g_assert_nonnull(strstr(plan, "\nresize t_ms="));
	g_assert_null(strstr(plan, "\n\n"));
}

/* May blocks go away? What is read of their pages hangs on it. */
static void test_removal(void)
{
	static const struct {
		const char *more;
		gboolean removes;
	} cases[] = {
		{"", FALSE},
		{"[resize]\ndevice = vm0\nmin = 4M\nmax = 124M\n", FALSE},
		{"[resize]\ndevice = vm0\nmin = 0\nmax = 128M\n", TRUE},
		{"[resize]\ndevice = vm0\nmin = 4M\nmax = 256M\n", TRUE},
		{"[dimm]\ncount = 1\nsize = 128M\n", TRUE},
		{"[op driver-unbind]\n", TRUE},
		{"[op auto-online]\n", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *all = g_strconcat(
			"[scenario]\nsummary = s\n[guest]\n"
			"[memory vm0]\nsize = 1G\nblock-size = 4M\nrequested-size = 64M\n"
			"[op null-walker]\n[policy]\nduration = 5s\n",
			cases[i].more, NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(Scenario) s = scenario_parse("t.ini", all, &error);
		g_autoptr(GPtrArray) mods = modules();
		g_autofree char *plan = NULL;

		g_assert_no_error(error);
		plan = plan_to_text(s, 42, mods, 1, 0);
		g_assert_cmpint(strstr(plan, " removal=1\n") != NULL, ==, cases[i].removes);
	}
}

static void test_module_params(void)
{
	g_autofree char *more = g_strconcat(
		text, "[module virtio-mem]\nparams=force_bbm=1 bbm_block_size=268435456\n", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Scenario) s = scenario_parse("t.ini", more, &error);
	g_autoptr(GPtrArray) mods = modules();
	KernelModule *mem = g_ptr_array_index(mods, 1);
	const ScenarioModule *m;
	g_autofree char *plan = NULL;

	g_assert_no_error(error);
	g_assert_cmpuint(s->modules->len, ==, 1);
	m = g_ptr_array_index(s->modules, 0);
	g_assert_cmpstr(m->name, ==, "virtio_mem");
	mem->params = g_strdup(m->params);
	plan = plan_to_text(s, 42, mods, 1, 0);
	g_assert_nonnull(strstr(plan, "plug bytes=612368384 params=force_bbm=1%20"
				      "bbm_block_size=268435456\n"));
}

/* Each boot has one hammer and two walkers; over many boots all have their turn. */
static void test_rotation(void)
{
	g_autofree char *longer = g_strdup_printf(
		"%srotate=2\n[op null-walker#2]\n[op null-walker#3]\n[op null-hammer#2]\n"
		"[op census]\n",
		text);
	g_autoptr(Scenario) s = scenario_parse("t.ini", longer, NULL);
	g_autoptr(GPtrArray) mods = modules();
	guint turns[5] = {0};

	for (guint64 seed = 0; seed < 200; seed++) {
		g_autoptr(Plan) plan = plan_new(s, seed, mods, 1);
		g_autofree char *a = plan_to_text(s, seed, mods, 1, 0);

		g_assert_cmpuint(plan->runs[0] + plan->runs[2] + plan->runs[3], ==, 2);
		g_assert_cmpuint(plan->runs[1] + plan->runs[4], ==, 1);
		g_assert_true(plan->runs[5]); /* an observer is never left out */
		for (guint i = 0; i < 5; i++) {
			g_autofree char *line = g_strdup_printf("op inst=%u ", i);

			g_assert_cmpint(strstr(a, line) != NULL, ==, plan->runs[i]);
			turns[i] += plan->runs[i];
		}
	}
	for (guint i = 0; i < 5; i++)
		g_assert_cmpuint(turns[i], >, 60);
}

static void test_resizes(void)
{
	g_autoptr(Scenario) s = scenario_parse("t.ini", text, NULL);
	g_autoptr(GPtrArray) mods = modules();
	guint partly = 0;
	guint64 last_ms = 0;
	g_autoptr(Plan) plan = plan_new(s, seed_derive(42, 0), mods, 1);
	HostAct *resize;

	resize = g_ptr_array_index(plan->host_acts, 0);
	g_assert_cmpint(host_act_kind(resize), ==, HOST_ACT_RESIZE);
	g_assert_cmpstr(host_act_device(resize), ==, "vm0");
	for (guint i = 0; i < 200; i++) {
		HostStep step = host_act_next(resize);

		g_assert_cmpuint(step.value % (4ull << 20), ==, 0);
		g_assert_cmpuint(step.value, >=, 8ull << 20);
		g_assert_cmpuint(step.value, <=, 640ull << 20);
		g_assert_cmpuint(step.t_ms - last_ms, >=, 80);
		g_assert_cmpuint(step.t_ms - last_ms, <=, 120);
		last_ms = step.t_ms;
		partly += step.value % (128ull << 20) != 0;
	}
	g_assert_cmpuint(partly, >, 120);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/plan/same", test_same);
	g_test_add_func("/plan/lines", test_lines);
	g_test_add_func("/plan/removal", test_removal);
	g_test_add_func("/plan/module-params", test_module_params);
	g_test_add_func("/plan/rotation", test_rotation);
	g_test_add_func("/plan/resizes", test_resizes);
	return g_test_run();
}
