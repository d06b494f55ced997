/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a boot concludes from what it has seen: impairments, an agent that died, a hang's name, an
 * end-of-run line that cannot be true. The boot is made by hand and never runs, so that each case
 * says all that it goes by; tests of boots that run are in test-boot.c.
 */
#include "harness/boot/internal.h"
#include "host-driver/base/tree.h"
#include "host-driver/fake/fake.h"

#include <string.h>

static const VmBackend fake = {.text = (char *)"fake", .ops = &vm_fake_ops};
static const BootListener listener;

typedef struct {
	char *root;
	Scenario *scenario;
	Kernel kernel;
	BootOp ops[2];
	Boot boot;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	g_autofree char *dir = NULL;
	g_autoptr(GPtrArray) modules = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	f->root = g_dir_make_tmp("pfnhunt-facts-XXXXXX", NULL);
	dir = g_build_filename(f->root, "boot", NULL);
	f->scenario = scenario_parse("t.ini",
				     "[scenario]\nsummary=s\n[memory vm0]\nrequested-size=4M\n"
				     "[op null-hammer]\n[op null-walker]\n[policy]\nduration=10s\n",
				     &error);
	g_assert_no_error(error);
	f->kernel.release = (char *)"6.1.0";
	f->boot.config = (BootConfig){.scenario = f->scenario,
				      .kernel = &f->kernel,
				      .backend = &fake,
				      .accel = VM_ACCEL_KVM};
	f->boot.record = record_new(dir, &error);
	g_assert_no_error(error);
	f->boot.plan = plan_new(f->scenario, 7, modules, 0);
	f->boot.agent.ops = f->ops;
	f->boot.agent.op_count = 2;
	f->ops[0].hammer = TRUE;
	f->boot.listener = &listener;
	f->boot.life.now = BOOT_OVER;
	boot_splats_init(&f->boot);
	/* As after a run of whatever kind: one offline, all else untouched. */
	f->boot.agent.done = TRUE;
	f->boot.agent.done_ops = 1;
	f->boot.agent.hotplug_ns = 1;
	f->ops[0].offlines = 1;
	f->boot.memory.most_bytes = f->boot.plan->plug_bytes;
}

static void tear_down(Fixture *f, gconstpointer data)
{
	boot_splats_clear(&f->boot);
	record_free(f->boot.record);
	plan_free(f->boot.plan);
	scenario_free(f->scenario);
	tree_remove(f->root);
	g_free(f->root);
}

static void told(Fixture *f, HostEvent event, guint count)
{
	for (guint i = 0; i < count; i++)
		record_event(f->boot.record, event, "reason", i ? "again" : "first");
}

static guint64 count_of(const Fixture *f, HostEvent event)
{
	return record_event_count(f->boot.record, event, NULL);
}

/* The impairment @kind among @list, or NULL. */
static const Impairment *find(const GPtrArray *list, const ImpairmentKind *kind)
{
	for (guint i = 0; i < list->len; i++)
		if (((const Impairment *)g_ptr_array_index(list, i))->kind == kind)
			return g_ptr_array_index(list, i);
	return NULL;
}

static void test_nothing_wrong(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = boot_weigh(&f->boot);

	g_assert_cmpuint(list->len, ==, 0);
}

/* Both sides' are listed with how often and why; what is no impairment is not. */
static void test_list(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = NULL;
	const Impairment *i;

	told(f, HOST_EVENT_PIN_FAILED, 3);
	told(f, HOST_EVENT_STOP, 1);
	record_event(f->boot.record, HOST_EVENT_RESET, "reason", "");
	f->boot.agent.events[AGENT_EVENT_LINES_DROPPED] = 2;
	f->boot.agent.event_detail[AGENT_EVENT_LINES_DROPPED] = (char *)"count \x1b 9";
	f->boot.agent.events[AGENT_EVENT_CENSUS] = 5;
	list = boot_weigh(&f->boot);
	g_assert_cmpuint(list->len, ==, 3);
	i = find(list, impairment_of_host(HOST_EVENT_PIN_FAILED));
	g_assert_true(i->host);
	g_assert_cmpuint(i->count, ==, 3);
	g_assert_cmpstr(i->detail, ==, "first");
	g_assert_null(find(list, impairment_of_host(HOST_EVENT_RESET))->detail);
	i = find(list, impairment_of_agent(AGENT_EVENT_LINES_DROPPED));
	g_assert_false(i->host);
	g_assert_cmpuint(i->count, ==, 2);
	g_assert_cmpstr(i->detail, ==, "count ? 9");
}

/* All of what was asked was refused, or only some of it; nothing asked is nothing refused. */
static void test_refused(Fixture *f, gconstpointer data)
{
	static const struct {
		HostEvent asked, failed, none;
	} rows[] = {
		{HOST_EVENT_RESIZE, HOST_EVENT_RESIZE_FAILED, HOST_EVENT_NO_RESIZE},
		{HOST_EVENT_BALLOON, HOST_EVENT_BALLOON_FAILED, HOST_EVENT_NO_BALLOON},
		{HOST_EVENT_DIMM_PLUG, HOST_EVENT_DIMM_PLUG_FAILED, HOST_EVENT_NO_DIMM},
	};

	f->boot.agent.done = FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) list = NULL;
		const char *why = NULL;

		told(f, rows[i].asked, 3);
		told(f, rows[i].failed, 2);
		list = boot_weigh(&f->boot);
		g_assert_cmpuint(count_of(f, rows[i].none), ==, 0);
		told(f, rows[i].failed, 1);
		g_clear_pointer(&list, g_ptr_array_unref);
		list = boot_weigh(&f->boot);
		g_assert_cmpuint(record_event_count(f->boot.record, rows[i].none, &why), ==, 1);
		g_assert_cmpstr(why, ==, "first");
		g_assert_nonnull(find(list, impairment_of_host(rows[i].none)));
	}
}

typedef struct {
	const char *name;
	guint resizes, looks, changes;
	guint64 most, asked; /* MiB ever plugged, and asked for beyond the plug of 4 MiB */
	guint64 offlines;
	guint dimms, dimms_failed;
	gboolean not_done, no_ops;
	HostEvent event; /* that must be concluded; HOST_EVENT_STOP: none */
} Sizes;

static const Sizes sizes[] = {
	{"never-plugged", 0, 9, 0, 0, 0, 1, 0, 0, FALSE, FALSE, HOST_EVENT_NOT_PLUGGED},
	{"never-plugged-not-done", 0, 9, 0, 0, 0, 1, 0, 0, TRUE, FALSE, HOST_EVENT_STOP},
	{"never-plugged-no-ops", 0, 9, 0, 0, 0, 1, 0, 0, FALSE, TRUE, HOST_EVENT_STOP},
	{"size-stayed", 2, 3, 0, 4, 8, 1, 0, 0, FALSE, FALSE, HOST_EVENT_SIZE_STAYED},
	{"one-resize", 1, 9, 0, 4, 8, 1, 0, 0, FALSE, FALSE, HOST_EVENT_STOP},
	{"two-looks", 9, 2, 0, 4, 8, 1, 0, 0, FALSE, FALSE, HOST_EVENT_STOP},
	{"size-changed", 9, 9, 1, 8, 8, 1, 0, 0, FALSE, FALSE, HOST_EVENT_STOP},
	{"as-asked", 1, 1, 1, 12, 8, 1, 0, 0, FALSE, FALSE, HOST_EVENT_STOP},
	{"more-than-asked", 1, 1, 1, 13, 8, 1, 0, 0, FALSE, FALSE, HOST_EVENT_OVER_PLUGGED},
	{"no-change", 0, 9, 0, 4, 0, 0, 0, 0, FALSE, FALSE, HOST_EVENT_NO_CHANGE},
	{"a-change-of-size", 1, 9, 1, 4, 0, 0, 0, 0, FALSE, FALSE, HOST_EVENT_STOP},
	{"a-dimm", 0, 9, 0, 4, 0, 0, 2, 1, FALSE, FALSE, HOST_EVENT_STOP},
};

static void test_sizes(Fixture *f, gconstpointer data)
{
	static const HostEvent all[] = {HOST_EVENT_NOT_PLUGGED, HOST_EVENT_SIZE_STAYED,
					HOST_EVENT_OVER_PLUGGED, HOST_EVENT_NO_CHANGE};
	const Sizes *row = data;
	g_autoptr(GPtrArray) list = NULL;

	told(f, HOST_EVENT_RESIZE, row->resizes);
	told(f, HOST_EVENT_DIMM_PLUG, row->dimms);
	told(f, HOST_EVENT_DIMM_PLUG_FAILED, row->dimms_failed);
	f->boot.memory.run_looks = row->looks;
	f->boot.memory.changes = row->changes;
	f->boot.memory.most_bytes = row->most << 20;
	f->boot.resize.most_bytes = row->asked << 20;
	f->ops[0].offlines = row->offlines;
	f->ops[1].offlines = 99; /* no hammer's */
	f->boot.agent.done = !row->not_done;
	f->boot.agent.done_ops = !row->no_ops;
	list = boot_weigh(&f->boot);
	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		g_assert_cmpuint(count_of(f, all[i]), ==, all[i] == row->event);
}

/* Without a plug before the ops, only resizes can have plugged anything. */
static void test_no_plug(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) once = NULL, twice = NULL;

	f->boot.plan->plug_bytes = 0;
	f->boot.memory.most_bytes = 0;
	told(f, HOST_EVENT_RESIZE, 1);
	once = boot_weigh(&f->boot);
	g_assert_cmpuint(count_of(f, HOST_EVENT_NOT_PLUGGED), ==, 0);
	told(f, HOST_EVENT_RESIZE, 1);
	twice = boot_weigh(&f->boot);
	g_assert_cmpuint(count_of(f, HOST_EVENT_NOT_PLUGGED), ==, 1);
}

#define PANIC(words)                                                                               \
	"[    1.300000] Kernel panic - not syncing: " words "\n"                                   \
	"[    1.300100] CPU: 1 PID: 1 Comm: init Not tainted 6.1.0 #1\n"                           \
	"[    1.300200] ---[ end Kernel panic - not syncing: " words " ]---\n"

typedef struct {
	const char *name, *console, *kmsg;
	HostEvent event; /* HOST_EVENT_STOP: none */
	const char *reason;
	gboolean baseline;
} End;

static const End ends[] = {
	{"segfault", PANIC("Attempted to kill init! exitcode=0x0000000b"), NULL,
	 HOST_EVENT_AGENT_DIED, "killed by signal 11", FALSE},
	{"core-bit", PANIC("Attempted to kill init! exitcode=0x00000086"), NULL,
	 HOST_EVENT_AGENT_DIED, "killed by signal 6", FALSE},
	{"exit-1", PANIC("Attempted to kill init! exitcode=0x00000100"), NULL,
	 HOST_EVENT_AGENT_DIED, "exit status 1", FALSE},
	{"exit-0", PANIC("Attempted to kill init! exitcode=0x00000000"), NULL,
	 HOST_EVENT_AGENT_DIED, "exit status 0", FALSE},
	{"no-code", PANIC("Attempted to kill init!"), NULL, HOST_EVENT_AGENT_DIED,
	 "Attempted to kill init!", FALSE},
	{"before-the-hunt", PANIC("Attempted to kill init! exitcode=0x0000000b"), NULL,
	 HOST_EVENT_AGENT_DIED, "killed by signal 11", TRUE},
	{"deadlocked", PANIC("System is deadlocked on memory"), NULL, HOST_EVENT_OUT_OF_MEMORY,
	 "deadlocked on memory", FALSE},
	{"panic-on-oom", PANIC("Out of memory: compulsory panic_on_oom is enabled"), NULL,
	 HOST_EVENT_OUT_OF_MEMORY, "Out of memory", FALSE},
	{"other-panic", PANIC("hung_task: blocked tasks"), NULL, HOST_EVENT_STOP, NULL, FALSE},
	{"last-words", "[    1.2] pfnhunt-agent: fatal signal 11 in op pagemap\n", NULL,
	 HOST_EVENT_AGENT_DIED, "fatal signal 11 in op pagemap", FALSE},
	{"last-words-cr", "[    1.2] pfnhunt-agent: fatal signal 7 in op ksm\rx", NULL,
	 HOST_EVENT_AGENT_DIED, "fatal signal 7 in op ksm", FALSE},
	{"last-words-cut", "[    1.2] pfnhunt-agent: fatal signal 7 in op ksm", NULL,
	 HOST_EVENT_STOP, NULL, FALSE},
	{"last-words-kmsg", "", "pfnhunt-agent: fatal signal 6", HOST_EVENT_AGENT_DIED,
	 "fatal signal 6", FALSE},
	{"other-lines", "pfnhunt-agent: fatal\nsignal 6\nall is well\n", "all is well",
	 HOST_EVENT_STOP, NULL, FALSE},
	{"both",
	 "[    1.2] pfnhunt-agent: fatal signal 11 in op pagemap\n"
	 "[    1.2] pfnhunt-agent: fatal signal 12 in op pagemap\n" PANIC(
		 "Attempted to kill init! exitcode=0x00000001"),
	 "pfnhunt-agent: fatal signal 11 in op pagemap", HOST_EVENT_AGENT_DIED,
	 "fatal signal 11 in op pagemap", FALSE},
};

static void test_end(Fixture *f, gconstpointer data)
{
	const End *row = data;
	const HostEvent died = HOST_EVENT_AGENT_DIED, memory = HOST_EVENT_OUT_OF_MEMORY;
	Boot *boot = &f->boot;
	const char *reason = NULL;

	boot_agent_end_feed(boot, TRIAGE_CONSOLE, row->console, strlen(row->console));
	if (row->kmsg)
		boot_agent_end_feed(boot, TRIAGE_KMSG, row->kmsg, strlen(row->kmsg));
	triage_feed(row->baseline ? boot->splats.baseline : boot->splats.triage, TRIAGE_CONSOLE,
		    row->console, strlen(row->console), -1, 1);
	boot_splats_finish(boot);
	boot_agent_end_conclude(boot);
	g_assert_cmpuint(record_event_count(boot->record, died, &reason), ==, row->event == died);
	if (row->event == memory)
		g_assert_cmpuint(record_event_count(boot->record, memory, &reason), ==, 1);
	else
		g_assert_cmpuint(count_of(f, memory), ==, 0);
	if (row->reason)
		g_assert_nonnull(strstr(reason, row->reason));
}

/* In pieces, with a byte that would end the text, and longer than anybody needs. */
static void test_end_in_pieces(Fixture *f, gconstpointer data)
{
	static const char words[] = "\0pfnhunt-agent: fatal signal 9 in op x\n";
	g_autofree char *far = g_strnfill(512, 'x');
	g_autofree char *late = g_strconcat(far, "pfnhunt-agent: fatal signal 4\n", NULL);
	const char *reason = NULL;

	boot_agent_end_feed(&f->boot, TRIAGE_CONSOLE, late, strlen(late));
	g_assert_cmpuint(count_of(f, HOST_EVENT_AGENT_DIED), ==, 0);
	for (gsize i = 0; i < sizeof(words) - 1; i++)
		boot_agent_end_feed(&f->boot, TRIAGE_CONSOLE, &words[i], 1);
	g_assert_cmpuint(record_event_count(f->boot.record, HOST_EVENT_AGENT_DIED, &reason), ==, 1);
	g_assert_cmpstr(reason, ==, "fatal signal 9 in op x");
}

/* Only a panic for one of these reasons, and none that has another splat as its cause. */
static void test_end_of_splat(Fixture *f, gconstpointer data)
{
	Splat splat = {.kind = KIND_PANIC,
		       .header = (char *)"Kernel panic - not syncing: Attempted to kill init!"};

	g_assert_true(boot_is_agent_end(&splat));
	splat.kind = KIND_WARNING;
	g_assert_false(boot_is_agent_end(&splat));
	splat.kind = KIND_PANIC;
	splat.header = (char *)"Kernel panic - not syncing: NMI";
	g_assert_false(boot_is_agent_end(&splat));
	splat.header = (char *)"Kernel panic - not syncing: System is deadlocked on memory";
	g_assert_true(boot_is_agent_end(&splat));
	splat.header = (char *)"Kernel panic - not syncing: Out of memory: x";
	g_assert_true(boot_is_agent_end(&splat));
}

static void hang_free(RIncident *hang)
{
	RSplat *cause = g_ptr_array_index(hang->splats, 0);

	g_free(cause->title);
	g_free(cause->kind);
	g_free(cause->signature);
	g_free(cause);
	g_ptr_array_unref(hang->splats);
	g_free(hang->title);
	g_free(hang->signature);
	g_free(hang->known);
	g_free(hang);
}

static void test_hang(Fixture *f, gconstpointer data)
{
	static const struct {
		BootState state;
		const char *signature;
	} states[] = {{BOOT_POWER_ON, "hang:boot"},
		      {BOOT_PLUG, "hang:plug"},
		      {BOOT_RUN, "hang:run"},
		      {BOOT_STOPPING, "hang:stop"}};
	const KnownIssue known = {.name = (char *)"it", .note = (char *)"reported"};
	RIncident *hang;
	const RSplat *cause;

	g_assert_null(boot_hang_signature(&f->boot));
	f->boot.life.quiet = (char *)"while the ops ran";
	for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
		f->boot.life.quiet_in = states[i].state;
		g_assert_cmpstr(boot_hang_signature(&f->boot), ==, states[i].signature);
	}
	hang = boot_hang_incident(&f->boot, "no word\x1b", 12.5, NULL);
	cause = g_ptr_array_index(hang->splats, 0);
	g_assert_cmpstr(hang->family, ==, "hang");
	g_assert_cmpstr(hang->title, ==, "no word?");
	g_assert_cmpstr(hang->signature, ==, "hang:stop");
	g_assert_cmpint(hang->hits, ==, 1);
	g_assert_cmpfloat(hang->after_go_s, ==, 12.5);
	g_assert_true(hang->evidence);
	g_assert_null(hang->known);
	g_assert_cmpuint(hang->splats->len, ==, 1);
	g_assert_cmpstr(cause->title, ==, "no word?");
	g_assert_cmpstr(cause->kind, ==, "hang");
	g_assert_cmpstr(cause->signature, ==, "hang:stop");
	g_assert_cmpint(cause->t_us, ==, -1);
	hang_free(hang);
	/* What never came back is a better name than where it fell silent. */
	f->boot.agent.endless = (char *)"x";
	f->boot.agent.endless_signature = (char *)"hang:stuck:ksm";
	f->boot.agent.hotplug_ns = -1;
	hang = boot_hang_incident(&f->boot, "r", 12.5, &known);
	g_assert_cmpstr(hang->signature, ==, "hang:stuck:ksm");
	g_assert_false(hang->evidence);
	g_assert_cmpstr(hang->known, ==, "reported");
	hang_free(hang);
}

typedef struct {
	const char *name;
	double guest_s, host_s; /* since the ops ran */
	const char *reason;
	guint64 ops, steps;   /* of the line; 1 op is ready and 100 steps are counted */
	gboolean stop, stuck; /* it was told to; an op was said to be */
	const char *unfit;    /* or NULL: all fits */
} Done;

/* The duration is 10 s. */
static const Done dones[] = {
	{"whole", 10, 10, "duration", 1, 100, FALSE, FALSE, NULL},
	{"no-reason", 10, 10, NULL, 1, 100, FALSE, FALSE, "no reason"},
	{"odd-reason", 10, 10, "because", 1, 100, FALSE, FALSE, "none that there is"},
	{"stopped", 1, 1, "stop", 1, 100, TRUE, FALSE, NULL},
	{"stopped-unasked", 1, 1, "stop", 1, 100, FALSE, FALSE, "not told to stop"},
	{"stuck", 1, 1, "stuck", 1, 100, FALSE, TRUE, NULL},
	{"stuck-untold", 1, 1, "stuck", 1, 100, FALSE, FALSE, "no op was said"},
	{"nothing", 1, 1, "nothing-to-run", 1, 100, FALSE, FALSE, NULL},
	{"more-ops", 10, 10, "duration", 2, 100, FALSE, FALSE, "2 ops ran, and 1 were ready"},
	{"fewer-ops", 10, 10, "duration", 0, 100, FALSE, FALSE, "0 ops ran, and 1 were ready"},
	{"fewer-steps", 10, 10, "duration", 1, 99, FALSE, FALSE, "99 steps, and 100 were counted"},
	/* Counts may be lost: four times as many and 40,003 more. */
	{"many-steps", 10, 10, "duration", 1, 40403, FALSE, FALSE, NULL},
	{"too-many-steps", 10, 10, "duration", 1, 40404, FALSE, FALSE, "100 were counted"},
	{"stood", 0, 10, "duration", 1, 100, FALSE, FALSE, "stood still or went back"},
	{"back", -1, 10, "duration", 1, 100, FALSE, FALSE, "stood still or went back"},
	/* Three times as fast and five seconds more. */
	{"fast", 34, 10, "duration", 1, 100, FALSE, FALSE, NULL},
	{"too-fast", 36, 10, "duration", 1, 100, FALSE, FALSE, "36 s of the guest in 10.0 s"},
	{"nine-tenths", 9.1, 10, "duration", 1, 100, FALSE, FALSE, NULL},
	{"less", 8.9, 10, "duration", 1, 100, FALSE, FALSE, "after 8.9 s of 10.0 s"},
	{"half-of-host", 10, 5.2, "duration", 1, 100, FALSE, FALSE, NULL},
	{"less-of-host", 10, 4.8, "duration", 1, 100, FALSE, FALSE, "after 4.8 s of 10.0 s"},
};

static char *unfit_of(Fixture *f, const Done *row, gboolean with_time)
{
	char t_ns[32];
	struct wire_msg raw = {.verb = WIRE_DONE, .kv_count = with_time};
	BootAgent *agent = &f->boot.agent;

	agent->go_ns = 100 * (gint64)1e9;
	agent->run_us = g_get_monotonic_time() - (gint64)(row->host_s * 1e6);
	agent->done_ops = row->ops;
	agent->done_steps = row->steps;
	agent->endless = row->stuck ? (char *)"x" : NULL;
	f->ops[0] = (BootOp){.hammer = TRUE, .state = (char *)"ready", .steps = 60};
	f->ops[1] = (BootOp){.state = (char *)"skipped", .steps = 40};
	g_snprintf(t_ns, sizeof(t_ns), "%" G_GINT64_FORMAT,
		   agent->go_ns + (gint64)(row->guest_s * 1e9));
	raw.kv[0] = (struct wire_kv){.key = "t_ns", .value = t_ns};
	if (row->stop)
		told(f, HOST_EVENT_STOP, 1);
	return boot_done_unfit(&f->boot, guest_gate(&raw), row->reason);
}

static void test_done(Fixture *f, gconstpointer data)
{
	const Done *row = data;
	g_autofree char *unfit = unfit_of(f, row, TRUE);

	if (row->unfit) {
		g_assert_nonnull(unfit);
		g_assert_nonnull(strstr(unfit, row->unfit));
	} else {
		g_assert_cmpstr(unfit, ==, NULL);
	}
}

/* With nothing to run it ends at once; else a line without a time is none. */
static void test_done_without_time(Fixture *f, gconstpointer data)
{
	static const Done row = {"", 10, 10, "duration", 1, 100, FALSE, FALSE, NULL};
	g_autofree char *unfit = unfit_of(f, &row, FALSE), *none = NULL;
	struct wire_msg raw = {.verb = WIRE_DONE};

	g_assert_nonnull(unfit);
	g_assert_nonnull(strstr(unfit, "went back"));
	f->boot.agent.done_ops = 0;
	f->ops[0].state = NULL;
	none = boot_done_unfit(&f->boot, guest_gate(&raw), "nothing-to-run");
	g_assert_cmpstr(none, ==, NULL);
}

/* A guest of TCG has artefacts of TCG; a remote or faked machine's host is not this one. */
static void test_emulated(Fixture *f, gconstpointer data)
{
	BootConfig config = f->boot.config;

	config.accel = VM_ACCEL_TCG;
	g_assert_true(boot_is_emulated(&config));
	config.accel = VM_ACCEL_KVM;
	g_assert_cmpint(boot_is_emulated(&config), ==, boot_host_is_emulated(&config));
	if (!vm_host_is_emulated())
		g_assert_false(boot_is_emulated(&config));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(Fixture *, gconstpointer);
	} tests[] = {
		{"/boot-facts/nothing-wrong", test_nothing_wrong},
		{"/boot-facts/list", test_list},
		{"/boot-facts/refused", test_refused},
		{"/boot-facts/no-plug", test_no_plug},
		{"/boot-facts/end-in-pieces", test_end_in_pieces},
		{"/boot-facts/end-of-splat", test_end_of_splat},
		{"/boot-facts/hang", test_hang},
		{"/boot-facts/done-without-time", test_done_without_time},
		{"/boot-facts/emulated", test_emulated},
	};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
#define ROWS(prefix, rows, run)                                                                    \
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {                                           \
		g_autofree char *name =                                                            \
			g_strconcat("/boot-facts/" prefix "/", rows[i].name, NULL);                \
                                                                                                   \
		g_test_add(name, Fixture, &rows[i], set_up, run, tear_down);                       \
	}
	ROWS("sizes", sizes, test_sizes)
	ROWS("end", ends, test_end)
	ROWS("done", dones, test_done)
	return g_test_run();
}
