/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenario files: what they mean, and that every mistake is told with file, line and key. */
#include "harness/scenario/scenario.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"
#include "host-driver/vm/vm.h"

#define HEAD                                                                                       \
	"[scenario]\nsummary = s\n"                                                                \
	"[memory vm0]\nsize = 1G\nblock-size = 4M\nrequested-size = 580M\n"
#define OPS "[op null-hammer]\n"

static void test_good(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Scenario) s = scenario_parse(
		"dir/good.ini",
		"# comment\n[scenario]\nsummary = words; more\n[guest]\ncpus=4\nmemory=1G\n"
		"cmdline = preempt=full\n[resize]\ndevice=vm0\nmax=512M\nperiod=300ms\n"
		"jitter=50ms\n[memory vm0]\nsize=1G\nrequested-size=580M\n"
		"[set]\n/sys/kernel/mm/ksm/run = 1\n"
		"[op null-hammer]\n[op null-walker#2]\nsched = idle\n"
		"[policy]\nduration=2m\nstop=first-incident\n",
		&error);
	VmMemDevice *dev;
	ScenarioOp *op;

	g_assert_no_error(error);
	g_assert_cmpstr(s->name, ==, "good");
	g_assert_cmpstr(s->summary, ==, "words; more");
	g_assert_cmpuint(s->cpus, ==, 4);
	g_assert_cmpuint(s->memory_bytes, ==, 1ull << 30);
	g_assert_cmpuint(s->nodes, ==, 1);
	g_assert_cmpstr(s->cmdline, ==, "preempt=full");
	g_assert_cmpuint(s->devices->len, ==, 1);
	dev = g_ptr_array_index(s->devices, 0);
	g_assert_cmpuint(dev->requested_bytes, ==, 580ull << 20);
	g_assert_cmpuint(dev->block_size_bytes, ==, 4ull << 20);
	g_assert_cmpstr(s->resize_device, ==, "vm0");
	g_assert_cmpuint(s->resize_period_ms, ==, 300);
	g_assert_cmpuint(s->set_paths->len, ==, 1);
	g_assert_cmpuint(s->ops->len, ==, 2);
	op = g_ptr_array_index(s->ops, 1);
	g_assert_cmpstr(op->name, ==, "null-walker");
	g_assert_cmpstr(op->label, ==, "null-walker#2");
	g_assert_cmpstr(g_ptr_array_index(op->values, 0), ==, "idle");
	g_assert_cmpuint(s->duration_ms, ==, 120000);
	g_assert_cmpuint(s->linger_ms, ==, 2000);
}

static void test_nodes(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Scenario) s =
		scenario_parse("n.ini",
			       HEAD OPS
			       "[guest]\ncpus=4\nnodes=2\nmemory=512M\n[memory vm1]\nsize=1G\n"
			       "requested-size=0\nnode=2\n",
			       &error);

	g_assert_no_error(error);
	g_assert_cmpuint(s->nodes, ==, 2);
	g_assert_cmpuint(((VmMemDevice *)g_ptr_array_index(s->devices, 0))->node, ==, 0);
	g_assert_cmpuint(((VmMemDevice *)g_ptr_array_index(s->devices, 1))->node, ==, 2);
}

static void test_goal(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Scenario) plain = scenario_parse("p.ini", HEAD OPS, &error);
	g_autoptr(Scenario) s = scenario_parse(
		"f.ini",
		HEAD OPS "[policy]\nstop=bound:0.5%\n[goal]\nops = any\nofflines = 100\nwindows=7\n"
			 "windows.dec = 50\nvisits.split-huge-pages=3\n",
		&error);
	const ScenarioGoal *goal;

	g_assert_no_error(error);
	g_assert_cmpstr(plain->goal_ops, ==, "all");
	g_assert_cmpuint(plain->patience, ==, 0);
	g_assert_cmpuint(plain->goals->len, ==, 0);
	g_assert_cmpfloat(plain->bound, ==, 0);
	g_assert_cmpfloat_with_epsilon(s->bound, 0.005, 1e-12);
	g_assert_cmpstr(s->goal_ops, ==, "any");
	g_assert_cmpuint(s->goal_offlines, ==, 100);
	g_assert_cmpuint(s->goal_windows, ==, 7);
	g_assert_cmpuint(s->goals->len, ==, 2);
	goal = g_ptr_array_index(s->goals, 0);
	g_assert_cmpstr(goal->key, ==, "windows.KIND");
	g_assert_cmpstr(goal->name, ==, "dec");
	g_assert_cmpuint(goal->least, ==, 50);
	goal = g_ptr_array_index(s->goals, 1);
	g_assert_cmpstr(goal->name, ==, "split-huge-pages");
}

static void test_bad(void)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"", "no [scenario]"},
		{"[scenario]\nsummary=s\nno equals here\n", "not an INI file"},
		{"[scenario]\n" OPS, "f.ini:1: [scenario] summary: missing"},
		{HEAD, "nothing to run"},
		{HEAD OPS "[guest]\ncpus=0\n", "f.ini:9: [guest] cpus: 0 is not between 1 and 255"},
		{HEAD OPS "[guest]\ncpu=2\n", "f.ini:9: [guest] cpu: no such key; there are cpus"},
		{HEAD OPS "[guest]\nmemory=12x\n", "f.ini:9: [guest] memory: '12x' is not a size"},
		{HEAD OPS "[guest]\nnodes=0\n", "[guest] nodes: 0 is not between 1 and 8"},
		{HEAD OPS "[guest]\nnodes=3\n",
		 "f.ini:9: [guest] nodes: cpus = 2 are not the same number for each"},
		{HEAD OPS "[guest]\nnodes=2\nmemory=384M\n",
		 "f.ini:9: [guest] nodes: memory is not the same number of 128M memory blocks for "
		 "each; multiples of 256M are"},
		{HEAD "node=2\n" OPS,
		 "f.ini:7: [memory vm0] node: with [guest] nodes = 1 the last is 1"},
		{HEAD OPS "[guest]\nonline-policy=yes\n", "'yes' is none of offline|online"},
		{HEAD OPS "[gest]\n", "f.ini:8: [gest]: no such group"},
		{HEAD "[op nul-hammer]\n", "f.ini:7: [op nul-hammer]: no such op"},
		{HEAD "[op null-hammer]\nsched=ide\n", "f.ini:8: [op null-hammer] sched:"},
		{HEAD "[op null-hammer]\nbogus=1\n", "f.ini:8: [op null-hammer] bogus:"},
		{HEAD OPS "[policy]\nduration=30\n", "'30' is not a time"},
		{HEAD OPS "[dimm]\n", "[dimm] count: missing"},
		{HEAD OPS "[dimm]\ncount=17\n", "[dimm] count: 17 is not between 1 and 16"},
		{HEAD OPS "[dimm]\ncount=1\nsize=200M\n", "[dimm] size: not a multiple of 128M"},
		{HEAD OPS "[dimm]\ncount=1\njitter=1s\n", "[dimm] jitter: not below period"},
		{HEAD OPS "[module a/b]\nparams=x=1\n", "[module a/b]: not the name of a kernel"},
		{HEAD OPS "[module a]\nparam=x=1\n", "[module a] param: no such key; there are"},
		{HEAD OPS "[module a]\n", "[module a] params: missing"},
		{HEAD OPS "[set]\n/etc/passwd=1\n", "not a file below /sys or /proc"},
		{HEAD OPS "[set]\n/sys/../etc/passwd=1\n", "not a file below /sys or /proc"},
		{HEAD OPS "[resize]\ndevice=vm1\nmax=512M\n", "there is no [memory vm1]"},
		{HEAD OPS "[resize]\ndevice=vm0\nmax=513M\n", "[resize] max: not a multiple"},
		{HEAD OPS "[resize]\ndevice=vm0\nmax=2G\n", "more than the device's size"},
		{HEAD OPS "[resize]\ndevice=vm0\nmax=512M\nmin=512M\n", "min: not below max"},
		{HEAD OPS "[resize]\ndevice=vm0\nmax=512M\nmode=whole\n",
		 "[resize] mode: 'whole' is none of partly|churn|remove"},
		{HEAD OPS "[balloon]\nmin=64M\n", "[balloon] max: missing"},
		{HEAD OPS "[goal]\nwindow=1\n",
		 "f.ini:9: [goal] window: no such key; there are ops"},
		{HEAD OPS "[goal]\nwindows.decs=1\n", "[goal] windows.decs: no such window"},
		{HEAD OPS "[goal]\nvisits.damn=1\n", "[goal] visits.damn: no walker of that name"},
		{HEAD OPS "[goal]\nvisits.block-state=1\n", "no walker of that name"},
		{HEAD OPS "[guest]\npatience=much\n", "[guest] patience: 'much' is not auto or a"},
		{HEAD OPS "[guest]\npatience=0\n", "0 is not between 1 and 100"},
		{HEAD OPS "[goal]\nvisits.damon=x\n", "[goal] visits.damon: 'x' is not a number"},
		{HEAD OPS "[goal]\nops=most\n", "'most' is none of all|any"},
		{HEAD OPS "[policy]\nstop=bound:1\n", "[policy] stop: 'bound:1' is none of never"},
		{HEAD OPS "[policy]\nstop=bound:0%\n", "'bound:0%' is none of never|"},
		{HEAD OPS "[policy]\nstop=bound:100%\n", "'bound:100%' is none of"},
		{HEAD OPS "[policy]\nstop=bound:0.0001%\n", "the least bound is 0.001%"},
		{HEAD OPS "[balloon]\nmax=64M\nmin=64M\n", "[balloon] min: not below max"},
		{HEAD OPS "[balloon]\nmax=64G\n", "[balloon] max: not below the guest's memory"},
		{HEAD OPS "[guest]\nmemory=256M\n[balloon]\nmax=128M\n[dimm]\ncount=4\n",
		 "[balloon] max: leaves the guest less than 160 MiB"},
		{"[scenario]\nsummary=s\n[memory vm0]\nrequested-size=581M\n" OPS,
		 "f.ini:4: [memory vm0] requested-size: not a multiple of block-size; 580M is"},
		{"[scenario]\nsummary=s\n[memory vm0]\nrequested-size=4G\n" OPS, "more than size"},
		{"[scenario]\nsummary=s\n[memory vm0]\nblock-size=3M\nrequested-size=0\n" OPS,
		 "not a power of two"},
		{"[scenario]\nsummary=s\n[memory vm0]\nsize=1G\nblock-size=128M\n"
		 "requested-size=256M\n[op block-state]\n",
		 "op block-state: blocks=partly never matches"},
		{"[scenario]\nsummary=s\n[memory a,b]\nrequested-size=0\n" OPS, "a device's ID"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Scenario) s = scenario_parse("f.ini", cases[i].text, &error);

		g_assert_null(s);
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		if (!strstr(error->message, cases[i].words))
			g_error("case %zu: '%s' lacks '%s'", i, error->message, cases[i].words);
		g_assert_null(strchr(error->message, '\n'));
	}
}

/* Every shipped scenario parses; that each names its race is for the reader. */
static void test_shipped(void)
{
	const char *configs = g_getenv("PFNHUNT_CONFIGS");
	g_autoptr(GDir) dir = g_dir_open(configs, 0, NULL);
	const char *name;
	guint count = 0;

	g_assert_nonnull(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(configs, name, NULL);
		g_autoptr(GError) error = NULL;
		g_autoptr(Scenario) s = NULL;

		if (!scenario_is_name(name))
			continue;
		s = scenario_load(path, &error);
		g_assert_no_error(error);
		g_assert_true(g_str_has_prefix(s->text, "# "));
		count++;
	}
	g_assert_cmpuint(count, >, 0);
}

static void test_find(void)
{
	g_autoptr(GError) error = NULL;
	const char *configs = g_getenv("PFNHUNT_CONFIGS");
	g_autofree char *quick = scenario_find("quick", configs, &error);
	g_autofree char *path = scenario_find("some/where.ini", configs, &error);
	g_autofree char *none = NULL;

	g_assert_no_error(error);
	g_assert_true(g_str_has_suffix(quick, "/quick.ini"));
	g_assert_cmpstr(path, ==, "some/where.ini");
	none = scenario_find("quik", configs, &error);
	g_assert_null(none);
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, " quick"));
	g_assert_null(strstr(error->message, "known-issues"));
}

static void test_units(void)
{
	guint64 n;
	g_autofree char *bytes = units_format_bytes(580ull << 20);
	g_autofree char *ms = units_format_ms(1500);
	g_autofree char *hour = units_format_ms(3600000);
	g_autofree char *word = units_shell_word("/a-b.c:7,@=+_");
	g_autofree char *quoted = units_shell_word("a&b");
	g_autofree char *empty = units_shell_word("");
	g_autofree char *clean = units_printable("a\033[31mb\xff\xc2\x9b"
						 "c\n");

	g_assert_cmpstr(word, ==, "/a-b.c:7,@=+_");
	g_assert_cmpstr(quoted, ==, "'a&b'");
	g_assert_cmpstr(empty, ==, "''");
	g_assert_true(units_parse_bytes("4k", &n) && n == 4096);
	g_assert_true(units_parse_bytes("1T", &n) && n == 1ull << 40);
	g_assert_false(units_parse_bytes("99999999999T", &n));
	g_assert_false(units_parse_bytes("-1", &n));
	g_assert_false(units_parse_bytes("M", &n));
	g_assert_false(units_parse_bytes("4MB", &n));
	g_assert_true(units_parse_ms("500ms", &n) && n == 500);
	g_assert_true(units_parse_ms("2h", &n) && n == 7200000);
	g_assert_true(units_parse_ms("0", &n) && n == 0);
	g_assert_false(units_parse_ms("5", &n));
	g_assert_true(units_parse_u64("0xff", &n) && n == 255);
	g_assert_false(units_parse_u64("0x", &n));
	g_assert_cmpstr(bytes, ==, "580M");
	g_assert_cmpstr(ms, ==, "1500ms");
	g_assert_cmpstr(hour, ==, "1h");
	g_assert_true(g_utf8_validate(clean, -1, NULL));
	for (const char *c = clean; *c; c++)
		g_assert_true((guchar)*c >= 0x20);
	g_assert_null(strstr(clean, "\xc2\x9b"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scenario/good", test_good);
	g_test_add_func("/scenario/nodes", test_nodes);
	g_test_add_func("/scenario/goal", test_goal);
	g_test_add_func("/scenario/bad", test_bad);
	g_test_add_func("/scenario/shipped", test_shipped);
	g_test_add_func("/scenario/find", test_find);
	g_test_add_func("/units", test_units);
	return g_test_run();
}
