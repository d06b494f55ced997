/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hunt on the scripted machine: how boots follow each other, and what is counted. */
#include "harness/results/model.h"
#include "harness/report/show.h"
#include "harness/report/text.h"
#include "host-driver/base/error.h"
#include "host-driver/fake/fake.h"
#include "hunt-fixture.h"

#include <signal.h>
#include <string.h>

#define INT3                                                                                       \
	"10 console [    0.958861] Oops: int3: 0000 [#1] SMP NOPTI\\n\n"                           \
	"10 console [    0.959799] CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted 7.3.4 #1\\n\n" \
	"10 console [    0.960000] RIP: 0010:sched_clock_cpu+0x9/0x70\\n\n"                        \
	"10 console [    0.960100] Call Trace:\\n[    0.960200]  <TASK>\\n\n"                      \
	"10 console [    0.960300]  sched_clock+0x10/0x20\\n[    0.960400]  </TASK>\\n\n"          \
	"10 console [    0.960500] ---[ end trace 0000000000000000 ]---\\n\n"

typedef struct {
	HuntFixture hunt;
	const HuntSummary *summary;
	guint started, retried, notes;
	guint64 seeds[16];
	const char *then_script; /* from the second boot on */
	gboolean interrupt;
	double bound;
	guint64 kept_max_bytes;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	hunt_fixture_init(&f->hunt);
	f->summary = &f->hunt.summary;
}

static void tear_down(Fixture *f, gconstpointer data)
{
	hunt_fixture_clear(&f->hunt);
}

static gboolean send_sigint(gpointer user)
{
	raise(SIGINT);
	return G_SOURCE_REMOVE;
}

static void on_started(guint index, guint64 seed, const char *dir, gpointer user)
{
	Fixture *f = user;

	g_assert_cmpuint(f->started, <, G_N_ELEMENTS(f->seeds));
	f->seeds[f->started] = seed;
	if (f->started++ == 0 && f->interrupt)
		g_timeout_add(150, send_sigint, NULL);
}

static void on_over(const BootResult *result, gboolean retried, gpointer user)
{
	Fixture *f = user;

	f->retried += retried;
	if (f->then_script)
		vm_fake_set_script(f->then_script);
}

static void on_note(const char *text, gpointer user)
{
	((Fixture *)user)->notes++;
}

static const HuntListener listener = {
	.boot_started = on_started, .boot_over = on_over, .note = on_note};

static char *hunt(Fixture *f, const char *script, guint64 boots, VmAccel accel)
{
	/* Only a guest that never runs is waited for so long; the others have time on a busy machine. */
	static const BootDeadlines deadlines = {.console_ms = 3000,
						.hello_ms = 6000,
						.plug_ms = 6000,
						.setup_ms = 9000,
						.quiet_ms = 6000,
						.unresponsive_ms = 200,
						.stop_ms = 6000,
						.exit_ms = 2000};
	g_autoptr(GError) error = NULL;
	HuntConfig config = {.accel = accel,
			     .accel_auto = TRUE,
			     .boots = boots,
			     .bound = f->bound,
			     .kept_max_bytes = f->kept_max_bytes,
			     .deadlines = &deadlines};

	vm_fake_set_script(script);
	g_assert_true(hunt_fixture_run(&f->hunt, "", config, &listener, f, &error));
	g_assert_no_error(error);
	return report_text(&f->hunt.config, f->summary, FALSE);
}

static void test_boots(Fixture *f, gconstpointer data)
{
	g_autofree char *report = hunt(f, HUNT_CLEAN, 3, VM_ACCEL_TCG);
	g_autofree char *summary = g_build_filename(f->summary->dir, "summary.json", NULL);

	g_assert_cmpuint(f->summary->boots, ==, 3);
	g_assert_cmpuint(f->summary->verdicts[VERDICT_CLEAN], ==, 3);
	g_assert_cmpuint(f->summary->offlines, ==, 27);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_CLEAN);
	g_assert_true(f->seeds[0] != f->seeds[1] && f->seeds[1] != f->seeds[2]);
	g_assert_true(g_file_test(summary, G_FILE_TEST_EXISTS));
	g_assert_nonnull(strstr(report, "CLEAN: t on 6.1.0"));
	g_assert_nonnull(strstr(report, "3 clean; 27 offlines"));
	g_assert_null(strchr(report, '\033'));
}

/* The artefact does not count: the boot is run again with its seed, and told apart. */
static void test_emulator(Fixture *f, gconstpointer data)
{
	g_autofree char *report = NULL;

	f->then_script = HUNT_CLEAN;
	report = hunt(f, INT3, 1, VM_ACCEL_TCG);
	g_assert_cmpuint(f->summary->boots, ==, 1);
	g_assert_cmpuint(f->retried, ==, 1);
	g_assert_cmpuint(f->summary->verdicts[VERDICT_EMULATOR], ==, 1);
	g_assert_cmpuint(f->summary->verdicts[VERDICT_CLEAN], ==, 1);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_CLEAN);
	g_assert_cmpuint(f->seeds[0], ==, f->seeds[1]);
	g_assert_nonnull(strstr(report, "1 spoilt by the emulator, 1 clean"));
}

/* An artefact every time is not one: it ends, and is not called clean. */
static void test_always_emulator(Fixture *f, gconstpointer data)
{
	g_autofree char *report = hunt(f, INT3, 1, VM_ACCEL_TCG);

	g_assert_cmpuint(f->summary->boots, ==, 1);
	g_assert_cmpuint(f->retried, ==, 5);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_EMULATOR);
	g_assert_cmpint(verdict_exit_code(f->summary->verdict), ==, 3);
	g_assert_nonnull(report);
}

/* KVM that takes the guest and never runs it: said, and done with TCG instead. */
static void test_kvm_falls_back(Fixture *f, gconstpointer data)
{
	g_autofree char *report = NULL;

	f->then_script = HUNT_CLEAN;
	report = hunt(f, "", 2, VM_ACCEL_KVM);
	g_assert_cmpuint(f->notes, ==, 1);
	g_assert_cmpuint(f->retried, ==, 1);
	g_assert_cmpuint(f->summary->verdicts[VERDICT_CLEAN], ==, 2);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_CLEAN);
	g_assert_nonnull(strstr(report, ", tcg, seed"));
}

static void test_interrupt(Fixture *f, gconstpointer data)
{
	g_autofree char *report = NULL;

	f->interrupt = TRUE;
	report = hunt(f, HUNT_ENDLESS, 5, VM_ACCEL_TCG);
	g_assert_true(f->summary->interrupted);
	g_assert_cmpuint(f->started, ==, 1);
	g_assert_cmpuint(f->summary->boots, ==, 1);
	/* Four boots are missing: whatever the one was, that is not clean. */
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_UNEXPOSED);
	g_assert_cmpint(verdict_exit_code(f->summary->verdict), ==, 4);
	g_assert_nonnull(strstr(report, "UNEXPOSED: t on 6.1.0"));
	g_assert_nonnull(strstr(report, "interrupted"));
}

/* Half of all boots: five without a hit show that it is less. */
/* Boots that are not clean are kept whole: when they take too much, there are no more of them. */
static void test_full(Fixture *f, gconstpointer data)
{
	g_autofree char *report = NULL;

	f->kept_max_bytes = 1;
	report = hunt(f, HUNT_HELLO "on go +20 exit 0\n", 3, VM_ACCEL_TCG);
	g_assert_cmpuint(f->summary->boots, ==, 1);
	g_assert_cmpuint(f->notes, ==, 1);
	g_assert_true(f->summary->interrupted);
	g_assert_cmpint(verdict_exit_code(f->summary->verdict), !=, 0);
}

/* Clean ones are stripped instead. */
static void test_clean_never_full(Fixture *f, gconstpointer data)
{
	g_autofree char *report = NULL;

	f->kept_max_bytes = 1;
	report = hunt(f, HUNT_CLEAN, 2, VM_ACCEL_TCG);
	g_assert_cmpuint(f->summary->verdicts[VERDICT_CLEAN], ==, 2);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_CLEAN);
}

static void test_bound(Fixture *f, gconstpointer data)
{
	g_autofree char *report = NULL, *shown = NULL;
	g_autoptr(RHunt) back = NULL;

	f->bound = 0.5;
	report = hunt(f, HUNT_CLEAN, 0, VM_ACCEL_TCG);
	g_assert_cmpuint(f->summary->boots, ==, 5);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_CLEAN);
	g_assert_nonnull(strstr(report, "50 % is shown"));
	g_assert_nonnull(strstr(report, "0 hits in 5 boots, 45 offlines, visits not measured "
					"(probes: not told by the agent): the chance of a hit per "
					"boot is below 46 % at 95 %"));
	back = results_hunt_load(f->summary->dir, TRUE, NULL);
	g_assert_cmpfloat(back->bound, ==, 0.5);
	shown = results_show_hunt(back);
	g_assert_nonnull(strstr(shown, "50 % is shown"));
}

/* Fewer boots than the bound needs: nothing that was seen, and not proven either. */
static void test_bound_cut(Fixture *f, gconstpointer data)
{
	g_autofree char *report = NULL;

	f->bound = 0.5;
	report = hunt(f, HUNT_CLEAN, 3, VM_ACCEL_TCG);
	g_assert_cmpuint(f->summary->boots, ==, 3);
	g_assert_cmpint(f->summary->verdict, ==, VERDICT_UNEXPOSED);
	g_assert_nonnull(strstr(report, "2 more without a hit show < 50 %"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/hunt/boots", Fixture, NULL, set_up, test_boots, tear_down);
	g_test_add("/hunt/emulator", Fixture, NULL, set_up, test_emulator, tear_down);
	g_test_add("/hunt/always-emulator", Fixture, NULL, set_up, test_always_emulator, tear_down);
	g_test_add("/hunt/kvm-falls-back", Fixture, NULL, set_up, test_kvm_falls_back, tear_down);
	g_test_add("/hunt/full", Fixture, NULL, set_up, test_full, tear_down);
	g_test_add("/hunt/clean-never-full", Fixture, NULL, set_up, test_clean_never_full,
		   tear_down);
	g_test_add("/hunt/bound", Fixture, NULL, set_up, test_bound, tear_down);
	g_test_add("/hunt/bound-cut", Fixture, NULL, set_up, test_bound_cut, tear_down);
	g_test_add("/hunt/interrupt", Fixture, NULL, set_up, test_interrupt, tear_down);
	return g_test_run();
}
