/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The entrance: pieces of any size, two sources, settling, known issues, hostile bytes. */
#include "harness/incident/triage.h"
#include "harness/incident/known.h"

#include <glib/gstdio.h>
#include <string.h>

#include "host-driver/base/error.h"

static const char *const report[] = {
	"BUG: KASAN: slab-use-after-free in foo_read+0x12/0x340 [foo]",
	"Read of size 8 at addr ffff888012345678 by task sh/123",
	"CPU: 1 UID: 0 PID: 123 Comm: sh Not tainted 6.12.0 #1",
	"Call Trace:",
	" <TASK>",
	" dump_stack_lvl+0x64/0x80",
	" print_report+0xce/0x660",
	" foo_read+0x12/0x340 [foo]",
	" vfs_read+0x1/0x2",
	" </TASK>",
};

static void count_splat(const Splat *splat, const Incident *incident, gpointer user)
{
	(*(guint *)user)++;
}

static Triage *open_triage(guint *count)
{
	TriageConfig config = {0};

	return triage_new(&config, count ? count_splat : NULL, count);
}

static void feed_console(Triage *triage, const char *text, gint64 host_us)
{
	triage_feed(triage, TRIAGE_CONSOLE, text, strlen(text), -1, host_us);
}

static void feed_report(Triage *triage, gboolean console, gboolean times, gboolean cut)
{
	gint64 t_us = 5000000;

	for (guint i = 0; i < G_N_ELEMENTS(report); i++, t_us += 10) {
		g_autofree char *line = times ? g_strdup_printf("[    5.%06u] %s\r\n",
								(guint)(t_us % 1000000), report[i])
					      : g_strdup_printf("%s\n", report[i]);

		if (cut && i > 4)
			break;
		if (console)
			feed_console(triage, line, 0);
		else
			triage_feed(triage, TRIAGE_KMSG, report[i], strlen(report[i]), t_us, 0);
	}
}

static void check_report(Triage *triage)
{
	const Splat *splat;

	triage_finish(triage);
	g_assert_cmpuint(triage_splats(triage)->len, ==, 1);
	splat = triage_splats(triage)->pdata[0];
	g_assert_cmpstr(splat->title, ==, "KASAN: slab-use-after-free Read in foo_read");
	g_assert_cmpstr(splat->signature, ==, "kasan:foo_read");
	g_assert_cmpstr(splat->function, ==, "foo_read");
	g_assert_cmpstr(splat->task, ==, "sh");
	g_assert_cmpstr(splat->kernel, ==, "6.12.0");
	g_assert_cmpint(splat->pid, ==, 123);
	g_assert_cmpint(splat->cpu, ==, 1);
	g_assert_false(splat->corrupted);
	g_assert_cmpstr(splat->frames->pdata[2], ==, "foo_read+0x12/0x340 [foo]");
	g_assert_cmpuint(triage_incidents(triage)->len, ==, 1);
	g_assert_cmpuint(((Incident *)triage_incidents(triage)->pdata[0])->hits, ==, 1);
}

static void test_sources(void)
{
	for (guint way = 0; way < 6; way++) {
		g_autoptr(Triage) triage = open_triage(NULL);

		if (way != 1)
			feed_report(triage, TRUE, way != 3 && way != 4, way == 5);
		if (way != 0 && way != 3)
			feed_report(triage, FALSE, TRUE, FALSE);
		check_report(triage);
	}
}

/* What the console lost, kmsg has; and the other way round. */
static void test_better_twin(void)
{
	for (guint first = 0; first < 2; first++) {
		g_autoptr(Triage) triage = open_triage(NULL);

		feed_report(triage, first, TRUE, TRUE);
		triage_settle(triage, G_USEC_PER_SEC);
		g_assert_cmpuint(triage_splats(triage)->len, ==, 1);
		g_assert_true(((Splat *)triage_splats(triage)->pdata[0])->corrupted);
		feed_report(triage, !first, TRUE, FALSE);
		check_report(triage);
	}
}

/* printk.time=0: the console has no times, kmsg has; each splat counts once all the same. */
static void test_no_times(void)
{
	static const char warning[] = "WARNING: CPU: 1 PID: 2 at mm/gup.c:80 f+0x1/0x2";

	for (guint behind = 0; behind < 3; behind++) {
		guint count = 0;
		g_autoptr(Triage) triage = open_triage(&count);

		/* So many records of kmsg come before the console has the first of them. */
		for (guint i = 0; i < 5 + behind; i++) {
			gint64 t_us = (5 + i) * G_USEC_PER_SEC;

			if (i < 5)
				triage_feed(triage, TRIAGE_KMSG, warning, strlen(warning), t_us,
					    t_us);
			if (i >= behind) {
				feed_console(triage, warning, t_us);
				feed_console(triage, "\n", t_us);
			}
			triage_settle(triage, t_us + 400000);
		}
		triage_finish(triage);
		g_assert_cmpuint(count, ==, 5);
		g_assert_cmpuint(((Incident *)triage_incidents(triage)->pdata[0])->hits, ==, 5);
	}
}

static void test_settle(void)
{
	guint count = 0;
	g_autoptr(Triage) triage = open_triage(&count);

	feed_console(triage, "WARNING: CPU: 1 PID: 2 at mm/gup.c:80 f+0x1/0x2\n", 1000000);
	triage_settle(triage, 1200000);
	g_assert_cmpuint(count, ==, 0);
	feed_console(triage, "Call Trace:\n f+0x1/0x2\n", 1250000);
	triage_settle(triage, 1500000);
	g_assert_cmpuint(count, ==, 0);
	triage_settle(triage, 1600000);
	g_assert_cmpuint(count, ==, 1);
	triage_finish(triage);
	triage_finish(triage);
	g_assert_cmpuint(count, ==, 1);
	feed_console(triage, "BUG: after the end\n", 2000000);
	g_assert_cmpuint(triage_splats(triage)->len, ==, 1);
}

/* The journal's binary form of a field has its length in 8 bytes, of which one may be '\n'. */
static void test_journal_binary(void)
{
	static const char log[] = "__CURSOR=s=1;i=1\n__MONOTONIC_TIMESTAMP=5000000\n"
				  "_TRANSPORT=kernel\nMESSAGE\n"
				  "\n\0\0\0\0\0\0\0BUG: x y z\nPRIORITY=4\n\n";
	g_autoptr(Triage) triage = open_triage(NULL);
	const Splat *splat;

	triage_feed(triage, TRIAGE_CONSOLE, log, sizeof(log) - 1, -1, 0);
	triage_finish(triage);
	g_assert_cmpuint(triage_splats(triage)->len, ==, 1);
	splat = triage_splats(triage)->pdata[0];
	g_assert_cmpstr(splat->title, ==, "BUG: x y z");
	g_assert_cmpint(splat->t_us, ==, 5 * G_USEC_PER_SEC);
}

/* What the log says of hotplug behind a splat is no evidence for it, but for the next one. */
static void test_evidence_before(void)
{
	static const char warning[] =
		"[%5d.000000] WARNING: CPU: 1 PID: 2 at mm/page_alloc.c:80 "
		"free_contig_range+0x1/0x2\n"
		"[%5d.000001] CPU: 1 UID: 0 PID: 2 Comm: x Not tainted 6.12.0 #1\n"
		"[%5d.000002] Call Trace:\n"
		"[%5d.000003]  free_contig_range+0x1/0x2\n"
		"[%5d.000004]  foo+0x1/0x2\n";

	for (guint i = 0; i < 2; i++) {
		g_autoptr(Triage) triage = open_triage(NULL);
		g_autofree char *splat = g_strdup_printf(warning, 10, 10, 10, 10, 10);
		const Incident *incident;

		if (i == 1)
			feed_console(triage, "[    9.000000] Offlined Pages 32768\n", 0);
		feed_console(triage, splat, 0);
		feed_console(triage, "[   10.000005] Offlined Pages 32768\n", 0);
		triage_finish(triage);
		g_assert_cmpuint(triage_incidents(triage)->len, ==, 1);
		incident = triage_incidents(triage)->pdata[0];
		g_assert_cmpint(incident->family, ==, i == 1 ? FAMILY_PLUG : FAMILY_OTHER);
	}
}

static void test_nothing(void)
{
	g_autoptr(Triage) triage = open_triage(NULL);

	feed_console(triage, "", 0);
	triage_finish(triage);
	g_assert_cmpuint(triage_splats(triage)->len, ==, 0);
	g_assert_cmpuint(triage_incidents(triage)->len, ==, 0);
}

/* With callers in front, two reports that are mixed line by line come apart. */
static void test_callers(void)
{
	g_autoptr(Triage) triage = open_triage(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(report); i++)
		for (guint id = 7; id < 9; id++) {
			g_autofree char *line = g_strdup_printf(
				"[    5.00%02u%02u][  T%u] %.*s%u%s\n", i, id, id,
				(int)strcspn(report[i], "+"), report[i], id,
				strchr(report[i], '+') ? strchr(report[i], '+') : "");

			if (!strchr(report[i], '+')) {
				g_free(line);
				line = g_strdup_printf("[    5.00%02u%02u][  T%u] %s\n", i, id, id,
						       report[i]);
			}
			feed_console(triage, line, 0);
		}
	triage_finish(triage);
	g_assert_cmpuint(triage_splats(triage)->len, ==, 2);
	g_assert_cmpstr(((Splat *)triage_splats(triage)->pdata[0])->function, ==, "foo_read7");
	g_assert_cmpstr(((Splat *)triage_splats(triage)->pdata[1])->function, ==, "foo_read8");
}

/* A line of 100 kB, NULs, escapes, bytes that are no UTF-8: nothing is lost behind them. */
static void test_hostile(void)
{
	g_autoptr(Triage) triage = open_triage(NULL);
	g_autofree char *junk = g_malloc(100 * 1024);
	const Splat *splat;

	memset(junk, 'x', 100 * 1024);
	triage_feed(triage, TRIAGE_CONSOLE, junk, 100 * 1024, -1, 0);
	triage_feed(triage, TRIAGE_CONSOLE, "\n\0\0\033[0m\xff\xfe\n", 10, -1, 0);
	feed_console(triage, "BUG: \033[1mred \xff\xfe word\n", 0);
	memset(junk, 0, 100 * 1024);
	triage_feed(triage, TRIAGE_CONSOLE, junk, 100 * 1024, -1, 0);
	triage_finish(triage);
	g_assert_cmpuint(triage_splats(triage)->len, ==, 1);
	splat = triage_splats(triage)->pdata[0];
	g_assert_cmpstr(splat->title, ==, "BUG: red ?? word");
	g_assert_cmpuint(splat->line, ==, 3);
}

static void check_reboot(const char *log, guint expected)
{
	g_autoptr(Triage) triage = open_triage(NULL);

	feed_console(triage, log, 0);
	triage_finish(triage);
	g_assert_cmpuint(triage_splats(triage)->len, ==, expected);
}

static void test_reboot(void)
{
	static const char banner[] = "[    0.000000] Linux version 6.12.0 (a@b) #1 SMP\n";
	g_autofree char *twice = g_strconcat(banner, "[    9.0] x\n", banner, NULL);
	g_autofree char *asked =
		g_strconcat(banner, "[    9.000000] reboot: Restarting system\n", banner, NULL);
	g_autofree char *panic =
		g_strconcat(banner,
			    "[    9.000000] Kernel panic - not syncing: Attempted to kill init!\n",
			    banner, NULL);
	g_autofree char *late = g_strconcat("[   99.000000] up\n", banner, NULL);
	g_autofree char *loader = g_strconcat("SeaBIOS (version 1.16)\nBooting...\n", banner, NULL);
	g_autofree char *program =
		g_strconcat(banner, "[    9.000000] up\nLinux version 6.12.0 (a@b)\n", NULL);

	check_reboot(banner, 0);
	check_reboot(twice, 1);
	check_reboot(asked, 0);
	check_reboot(panic, 1); /* the panic */
	check_reboot(late, 1);
	check_reboot(loader, 0);
	check_reboot(program, 0);
}

static char *write_ini(const char *text)
{
	char *path = g_build_filename(g_get_tmp_dir(), "test-triage.XXXXXX", NULL);
	int fd = g_mkstemp(path);

	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void check_known(const char *ini, const char *kernel, const char *note)
{
	g_autofree char *path = write_ini(ini);
	const char *const paths[] = {path, NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(TriageKnown) known = triage_known_load(paths, &error);
	TriageConfig config = {.known_issues = known, .kernel = kernel};
	g_autoptr(Triage) triage = triage_new(&config, NULL, NULL);

	g_assert_no_error(error);
	feed_report(triage, TRUE, TRUE, FALSE);
	triage_finish(triage);
	g_assert_cmpstr(((Incident *)triage_incidents(triage)->pdata[0])->known, ==, note);
	g_unlink(path);
}

static void test_known(void)
{
	check_known("[a]\nsignature=kasan:foo_*\nnote=seen\n", NULL, "seen");
	check_known("[a]\nsignature=kasan:bar\nnote=seen\n", NULL, NULL);
	check_known("[a]\nsignature=kasan:foo_read\nnote=old\nkernels=- 6.1\n"
		    "[b]\nsignature=kasan:foo_read\nnote=new\nkernels=6.9 - 6.12\n",
		    NULL, "new");
	check_known("[a]\nsignature=*\nnote=old\nkernels=6.9 - 6.12\n", "6.12.95+deb12-amd64",
		    "old");
	check_known("[a]\nsignature=*\nnote=old\nkernels=6.9 - 6.12\n", "6.13.0", NULL);
	check_known("[a]\nsignature=*\nnote=old\nkernels=6.13 -\n", "7.3.4", "old");
}

#define AT(s, text) "[    " s "] " text "\n"
#define A_WARN(s, pid, file, function)                                                             \
	AT(s "000000", "------------[ cut here ]------------")                                     \
	AT(s "000100",                                                                             \
	   "WARNING: CPU: 1 PID: " pid " at " file ":9 " function "+0x1/0x2 [virtio_mem]")         \
	AT(s "000200", "CPU: 1 PID: " pid " Comm: x Not tainted 6.1.0 #1")                         \
	AT(s "000300", "Call Trace:")                                                              \
	AT(s "000400", " " function "_caller+0x1/0x2")                                             \
	AT(s "000500", "---[ end trace 0000000000000000 ]---")
#define AN_OOPS(s, header, pid, function)                                                          \
	AT(s "000000", header)                                                                     \
	AT(s "000100", "Oops: 0000 [#1] PREEMPT SMP NOPTI")                                        \
	AT(s "000200", "CPU: 1 PID: " pid " Comm: x Not tainted 6.1.0 #1")                         \
	AT(s "000300", "RIP: 0010:" function "+0x43/0x2c0")                                        \
	AT(s "000400", "---[ end trace 0000000000000000 ]---")
#define NULL_DEREF    "BUG: kernel NULL pointer dereference, address: 0090"
#define KNOWN_WARN(s) A_WARN(s, "7", "mm/known.c", "known_one")
#define KNOWN_RACE(s)                                                                              \
	A_WARN(s, "7", "drivers/virtio/virtio_mem.c", "virtio_mem_fake_offline_going_offline")

/* @count incidents, of which @fresh are not known. */
static void check_behind_known(const char *log, guint count, guint fresh)
{
	g_autofree char *path = write_ini("[a]\nsignature=*mm/known.c*\nnote=n\n"
					  "[b]\nsignature=*virtio_mem.c*\nnote=n\n"
					  "[c]\nsignature=*known_oops*\nnote=n\n");
	const char *const paths[] = {path, NULL};
	g_autoptr(TriageKnown) known = triage_known_load(paths, NULL);
	TriageConfig config = {.known_issues = known, .hotplug = TRUE};
	g_autoptr(Triage) triage = triage_new(&config, NULL, NULL);
	guint unknown = 0;

	feed_console(triage, log, 0);
	triage_finish(triage);
	for (guint i = 0; i < triage_incidents(triage)->len; i++)
		unknown += !((Incident *)triage_incidents(triage)->pdata[i])->known;
	g_assert_cmpuint(triage_incidents(triage)->len, ==, count);
	g_assert_cmpuint(unknown, ==, fresh);
	g_assert_cmpint(triage_is_known(triage), ==, fresh == 0);
	g_unlink(path);
}

/* What is new does not hide behind what is known; what follows from that is no find. */
static void test_behind_known(void)
{
	check_behind_known(KNOWN_WARN("1."), 1, 0);
	check_behind_known(KNOWN_WARN("1.") A_WARN("1.04", "7", "mm/new.c", "new_one"), 2, 1);
	check_behind_known(KNOWN_WARN("1.") A_WARN("2.", "7", "mm/new.c", "new_one"), 2, 1);
	check_behind_known(KNOWN_WARN("1.") AN_OOPS("1.1", NULL_DEREF, "7", "new_one"), 2, 1);
	check_behind_known(
		KNOWN_WARN("1.") AT("3.000000", "Kernel panic - not syncing: softlockup"), 1, 0);
	check_behind_known(KNOWN_RACE("1.") AN_OOPS("1.1", NULL_DEREF, "7", "new_one"), 1, 0);
	check_behind_known(KNOWN_RACE("1.") AN_OOPS("1.1", NULL_DEREF, "8", "new_one"), 2, 1);
	check_behind_known(KNOWN_RACE("1.")
				   AN_OOPS("1.1", "kernel BUG at drivers/new.c:5!", "7", "new_one"),
			   2, 1);
	check_behind_known(KNOWN_RACE("1.") AN_OOPS("9.", "kernel BUG at mm/page_alloc.c:5!", "8",
						    "new_one"),
			   1, 0);
	check_behind_known(AN_OOPS("1.", NULL_DEREF, "7", "known_oops")
				   A_WARN("1.1", "7", "kernel/exit.c", "do_exit"),
			   1, 0);
	check_behind_known(AN_OOPS("1.", NULL_DEREF, "7", "known_oops")
				   A_WARN("1.01", "8", "mm/new.c", "new_one"),
			   2, 1);
	check_behind_known(A_WARN("1.", "7", "mm/new.c", "new_one") KNOWN_WARN("1.04"), 1, 1);
}

static void test_known_wrong(void)
{
	static const char *const wrong[] = {
		"[a]\nnote=x\n",
		"[a]\nsignature=x\n",
		"[a]\nsignature=x\nnote=y\nkernel=6.1\n",
		"[a]\nsignature=x\nnote=y\nkernels=old\n",
		"[a]\nsignature=x\nnote=y\nkernels=\n",
		"[a]\nsignature=x\nnote=y\nuntil=soon\n",
		"[a]\nsignature=x\nnote=y\nuntil=2026-13-31\n",
		"[a]\nsignature=x\nnote=y\nuntil=2026-12-31T10:00\n",
		"signature=x\n",
	};

	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autofree char *path = write_ini(wrong[i]);
		const char *const paths[] = {path, NULL};
		g_autoptr(GError) error = NULL;

		g_assert_null(triage_known_load(paths, &error));
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, path));
		g_unlink(path);
	}
}

/* Its last day counts; then it is over, told, and what stands behind it matches instead. */
static void test_known_until(void)
{
	static const char ini[] = "[a]\nsignature=kasan:*\nnote=old\nuntil=2020-02-29\n"
				  "[b]\nsignature=kasan:*\nnote=later\nuntil=2999-12-31\n";
	g_autofree char *path = write_ini(ini), *today = NULL, *text = NULL, *other = NULL;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	const char *paths[] = {path, NULL, NULL};
	g_autoptr(TriageKnown) known = triage_known_load(paths, NULL), two = NULL;
	const KnownIssue *first = g_ptr_array_index(triage_known_issues(known), 0);

	g_assert_true(first->expired);
	g_assert_cmpstr(first->name, ==, "a");
	g_assert_cmpstr(first->path, ==, path);
	g_assert_cmpstr(triage_known_find(known, "kasan:foo", NULL)->note, ==, "later");
	/* Of several files the first that has it. */
	today = g_date_time_format(now, "%Y-%m-%d");
	text = g_strdup_printf("[c]\nsignature=hang:*\nnote=today\nuntil=%s\n", today);
	paths[1] = other = write_ini(text);
	two = triage_known_load(paths, NULL);
	g_assert_cmpuint(triage_known_issues(two)->len, ==, 3);
	g_assert_cmpstr(triage_known_find(two, "hang:run", "6.1")->note, ==, "today");
	g_assert_cmpstr(triage_known_find(two, "kasan:foo", NULL)->note, ==, "later");
	g_unlink(path);
	g_unlink(other);
}

/* What is added is read again as it was given, and the file keeps what its author wrote. */
static void test_known_add(void)
{
	static const char before[] = "# mine\n[a]\nsignature = x*\nnote = y";
	g_autofree char *path = write_ini(before), *name = NULL, *same = NULL, *text = NULL;
	const char *const paths[] = {path, NULL};
	KnownIssue issue = {.signature = (char *)"warning:mm/a.c:b c#2",
			    .note = (char *)" a \\ \"note\" [of] \xc3\xa4; ",
			    .kernels = (char *)"6.1 - 6.12"};
	g_autoptr(GError) error = NULL;
	g_autoptr(TriageKnown) known = NULL;
	const KnownIssue *got;

	g_assert_true(triage_known_add(path, &issue, &name, &error));
	g_assert_no_error(error);
	g_assert_false(triage_known_add(path, &issue, &same, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
	g_clear_error(&error);
	issue.kernels = (char *)"new";
	g_assert_false(triage_known_add(path, &issue, &same, &error));
	g_assert_nonnull(strstr(error->message, "kernels: must be like"));
	g_clear_error(&error);
	known = triage_known_load(paths, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(triage_known_issues(known)->len, ==, 2);
	got = g_ptr_array_index(triage_known_issues(known), 1);
	g_assert_cmpstr(got->name, ==, name);
	g_assert_cmpstr(got->signature, ==, issue.signature);
	g_assert_cmpstr(got->note, ==, issue.note);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_true(g_str_has_prefix(text, before));
	g_assert_false(triage_known_remove(path, "b", &error));
	g_assert_nonnull(strstr(error->message, "there are a, warning"));
	g_assert_true(triage_known_remove(path, name, NULL));
	triage_known_free(g_steal_pointer(&known));
	known = triage_known_load(paths, NULL);
	g_assert_cmpuint(triage_known_issues(known)->len, ==, 1);
	g_unlink(path);
}

static void test_compare(void)
{
	g_assert_cmpint(triage_known_compare("6.9", "6.12.3"), <, 0);
	g_assert_cmpint(triage_known_compare("6.12", "6.12.0"), ==, 0);
	g_assert_cmpint(triage_known_compare("7.0-rc1", "6.99"), >, 0);
	g_assert_cmpint(triage_known_compare("6.1.0-56-amd64", "6.1"), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/triage/sources", test_sources);
	g_test_add_func("/triage/better-twin", test_better_twin);
	g_test_add_func("/triage/no-times", test_no_times);
	g_test_add_func("/triage/settle", test_settle);
	g_test_add_func("/triage/journal-binary", test_journal_binary);
	g_test_add_func("/triage/evidence-before", test_evidence_before);
	g_test_add_func("/triage/nothing", test_nothing);
	g_test_add_func("/triage/callers", test_callers);
	g_test_add_func("/triage/hostile", test_hostile);
	g_test_add_func("/triage/reboot", test_reboot);
	g_test_add_func("/triage/known", test_known);
	g_test_add_func("/triage/behind-known", test_behind_known);
	g_test_add_func("/triage/known-wrong", test_known_wrong);
	g_test_add_func("/triage/known-until", test_known_until);
	g_test_add_func("/triage/known-add", test_known_add);
	g_test_add_func("/triage/compare", test_compare);
	return g_test_run();
}
