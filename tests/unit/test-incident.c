/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which splats become one incident, which of them is the cause, and what family it is. */
#include "harness/incident/triage.h"

#include <string.h>

static const char fake_offline[] =
	"------------[ cut here ]------------\n"
	"WARNING: CPU: 1 PID: 150 at drivers/virtio/virtio_mem.c:%u %s+0x40/0x60 [virtio_mem]\n"
	"CPU: 1 UID: 0 PID: 150 Comm: agent Not tainted %s #1 Debian\n"
	"RIP: 0010:%s+0x40/0x60 [virtio_mem]\n"
	"Code: 48 c1 e3 06\n"
	"Call Trace:\n"
	" <TASK>\n"
	" notifier_call_chain+0x5d/0xd0\n"
	" offline_pages+0x249/0x750\n"
	" </TASK>\n"
	"---[ end trace 0000000000000000 ]---\n"
	"page: refcount:0 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x%x\n"
	"flags: 0x1fffffc0000010(dirty|node=0|zone=3|lastcpupid=0x1fffff)\n"
	"page_type: f1(offline)\n"
	"raw: 001fffffc0000010 ffc731794496e348\n"
	"page dumped because: fake-offline page referenced\n";

static const char oops[] = "BUG: unable to handle page fault for address: ffd0ed96c00b1034\n"
			   "#PF: supervisor %s access in kernel mode\n"
			   "#PF: error_code(0x0003) - %s\n"
			   "Oops: 0003 [#1] PREEMPT SMP NOPTI\n"
			   "CPU: 1 PID: 110 Comm: agent Not tainted 6.1.0-56-amd64 #1 Debian\n"
			   "RIP: 0010:%s+0x4a1/0xb10\n"
			   "Code: 00 00 e8\n"
			   "Call Trace:\n"
			   " <TASK>\n"
			   " full_proxy_write+0x53/0x80\n"
			   " vfs_write+0xc7/0x3f0\n"
			   " </TASK>\n"
			   "---[ end trace 0000000000000000 ]---\n";

static const char stall[] = "watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [sh:77]\n"
			    "CPU: 0 PID: 77 Comm: sh Not tainted 6.1.0 #1\n"
			    "RIP: 0010:%s+0x1/0x2\n"
			    "Call Trace:\n"
			    " <TASK>\n"
			    " %s+0x1/0x2\n"
			    " do_syscall_64+0x5d/0xb0\n"
			    " </TASK>\n";

static const char int3[] = "Oops: int3: 0000 [#1] SMP NOPTI\n"
			   "CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted 7.3.4 #1\n"
			   "Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2\n"
			   "RIP: 0010:sched_clock_cpu+0x9/0x120\n"
			   "Call Trace:\n"
			   " <TASK>\n"
			   " vprintk_store+0x1/0x2\n"
			   " </TASK>\n"
			   "---[ end trace 0000000000000000 ]---\n";

/* A log whose lines come by and by; @t_us before the next one. */
typedef struct {
	GString *text;
	gint64 t_us;
} Log;

static void log_clear(Log *log)
{
	g_string_free(log->text, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Log, log_clear)

static void log_add(Log *log, const char *lines)
{
	g_auto(GStrv) split = g_strsplit(lines, "\n", -1);

	if (!log->text)
		log->text = g_string_new(NULL);
	for (char **line = split; *line; line++) {
		if (!**line)
			continue;
		g_string_append_printf(log->text, "[%5u.%06u] %s\n",
				       (guint)(log->t_us / G_USEC_PER_SEC),
				       (guint)(log->t_us % G_USEC_PER_SEC), *line);
		log->t_us += 50;
	}
}

G_GNUC_PRINTF(2, 3) static void log_printf(Log *log, const char *format, ...)
{
	va_list args;
	g_autofree char *lines = NULL;

	va_start(args, format);
	lines = g_strdup_vprintf(format, args);
	va_end(args);
	log_add(log, lines);
}

static void log_warn(Log *log, const char *function, guint line, const char *release, guint pfn)
{
	log_printf(log, fake_offline, line, function, release, function, pfn);
}

static Triage *read_log(const Log *log, gboolean emulated, const char *const *walkers)
{
	TriageConfig config = {.emulated = emulated, .walkers = walkers};
	Triage *triage = triage_new(&config, NULL, NULL);

	triage_feed(triage, TRIAGE_CONSOLE, log->text->str, log->text->len, -1, 0);
	triage_finish(triage);
	return triage;
}

static const Incident *only_incident(Triage *triage)
{
	const GPtrArray *incidents = triage_incidents(triage);

	g_assert_cmpuint(incidents->len, ==, 1);
	return g_ptr_array_index(incidents, 0);
}

/* The race has one name, whatever the kernel inlines and whatever its lines are. */
static void test_one_name(void)
{
	g_auto(Log) old = {0}, new = {0};
	g_autoptr(Triage) a = NULL, b = NULL;

	log_warn(&old, "virtio_mem_fake_offline_going_offline", 1275, "6.12.95", 0x125b8d);
	log_warn(&new, "virtio_mem_memory_notifier_cb", 1312, "7.4.0", 0x125b8e);
	a = read_log(&old, FALSE, NULL);
	b = read_log(&new, FALSE, NULL);
	g_assert_cmpstr(only_incident(a)->signature, ==, only_incident(b)->signature);
	g_assert_cmpint(only_incident(a)->family, ==, FAMILY_FAKE_OFFLINE);
	g_assert_cmpint(only_incident(b)->family, ==, FAMILY_FAKE_OFFLINE);
}

static void test_page(void)
{
	g_auto(Log) log = {0};
	g_autoptr(Triage) triage = NULL;
	const SplatPage *page;

	log_warn(&log, "virtio_mem_memory_notifier_cb", 1277, "7.3.4", 0x176a7f);
	triage = read_log(&log, FALSE, NULL);
	page = &only_incident(triage)->cause->page;
	g_assert_true(page->present);
	g_assert_cmphex(page->pfn, ==, 0x176a7f);
	g_assert_cmpint(page->refcount, ==, 0);
	g_assert_cmpstr(page->flags, ==, "dirty|node=0|zone=3|lastcpupid=0x1fffff");
	g_assert_cmpstr(page->page_type, ==, "f1(offline)");
	g_assert_cmpstr(page->reason, ==, "fake-offline page referenced");
}

/* Hundreds of hits are one incident; what is kept of them does not grow. */
static void test_hits(void)
{
	g_auto(Log) log = {0};
	g_autoptr(Triage) triage = NULL;

	for (guint i = 0; i < 2000; i++) {
		log_warn(&log, "virtio_mem_memory_notifier_cb", 1277, "7.3.4", 0x100000 + i);
		log.t_us += 10000;
	}
	triage = read_log(&log, FALSE, NULL);
	g_assert_cmpuint(only_incident(triage)->hits, ==, 2000);
	g_assert_cmpuint(triage_splats(triage)->len, <=, 3);
}

/* 6.12: the walker's bad page is printed first, and is the consequence all the same. */
static void test_cause_behind(void)
{
	g_auto(Log) log = {0};
	g_autoptr(Triage) triage = NULL;
	const Incident *incident;

	log_add(&log,
		"BUG: Bad page state in process agent  pfn:125b8d\n"
		"page: refcount:0 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x125b8d\n"
		"page_type: f1(offline)\n"
		"page dumped because: nonzero mapcount\n"
		"CPU: 0 UID: 0 PID: 158 Comm: agent Not tainted 6.12.95 #1 Debian\n"
		"Call Trace:\n <TASK>\n dump_stack_lvl+0x64/0x80\n bad_page+0x70/0x110\n"
		" free_unref_page+0x3a3/0x5a0\n split_huge_pages_write+0xa56/0xb10\n </TASK>\n");
	log_warn(&log, "virtio_mem_fake_offline_going_offline", 1275, "6.12.95", 0x125b8d);
	triage = read_log(&log, FALSE, NULL);
	incident = only_incident(triage);
	g_assert_cmpint(incident->family, ==, FAMILY_FAKE_OFFLINE);
	g_assert_cmpint(incident->cause->kind, ==, KIND_WARNING);
	g_assert_cmpuint(incident->splats->len, ==, 2);
	g_assert_cmpstr(((Splat *)incident->splats->pdata[1])->title, ==,
			"BUG: Bad page state in split_huge_pages_write");
	g_assert_cmpstr(incident->walker, ==, "split-huge-pages");
	g_assert_false(incident->walker_guessed);
}

/* 6.1: a BUG and stalls follow, the last of them half a minute later. */
static void test_consequences(void)
{
	g_auto(Log) log = {0};
	g_autoptr(Triage) triage = NULL;

	log_warn(&log, "virtio_mem_fake_offline_going_offline", 1208, "6.1.192", 0x1277a6);
	log.t_us += 10000;
	log_add(&log, "kernel BUG at mm/page_alloc.c:9584!\n"
		      "invalid opcode: 0000 [#1] PREEMPT SMP NOPTI\n"
		      "CPU: 0 PID: 111 Comm: agent Tainted: G        W  6.1.0 #1\n"
		      "RIP: 0010:__offline_isolated_pages+0x1/0x2\n"
		      "Call Trace:\n <TASK>\n offline_pages+0x4f7/0x7a8\n </TASK>\n"
		      "---[ end trace 0000000000000000 ]---\n");
	log.t_us += 27 * G_USEC_PER_SEC;
	log_printf(&log, stall, "native_queued_spin_lock_slowpath", "rmqueue_bulk");
	triage = read_log(&log, FALSE, NULL);
	g_assert_cmpint(only_incident(triage)->family, ==, FAMILY_FAKE_OFFLINE);
	g_assert_cmpuint(only_incident(triage)->splats->len, ==, 3);
	g_assert_cmpuint(only_incident(triage)->hits, ==, 1);
}

static void test_oops_families(void)
{
	typedef struct {
		const char *access, *why, *function;
		IncidentFamily family;
	} Case;
	static const Case cases[] = {
		{"write", "permissions violation", "split_huge_pages_write", FAMILY_VMEMMAP_WRITE},
		{"read", "not-present page", "split_huge_pages_write", FAMILY_MEMMAP_REMOVAL},
		{"write", "not-present page", "damon_get_folio", FAMILY_MEMMAP_REMOVAL},
		{"read", "not-present page", "get_pfnblock_flags_mask", FAMILY_MEMMAP_REMOVAL},
		{"read", "not-present page", "ext4_lookup", FAMILY_OTHER},
		{"write", "permissions violation", "ext4_lookup", FAMILY_OTHER},
	};

	/* a log that says nothing of hotplug is evidence of nothing */
	for (guint i = 0; i < 2 * G_N_ELEMENTS(cases); i++) {
		g_auto(Log) log = {0};
		g_autoptr(Triage) triage = NULL;
		gboolean hotplug = i < G_N_ELEMENTS(cases);
		const Case *c = &cases[i % G_N_ELEMENTS(cases)];

		if (hotplug)
			log_add(&log, "virtio_mem virtio2: start address: 0x100000000\n");
		log_printf(&log, oops, c->access, c->why, c->function);
		triage = read_log(&log, FALSE, NULL);
		g_assert_cmpint(only_incident(triage)->family, ==,
				hotplug ? c->family : FAMILY_OTHER);
		g_assert_cmpstr(only_incident(triage)->cause->function, ==, c->function);
	}
}

/* A page's state has many causes: that the module of virtio-mem is loaded is no evidence. */
static void test_page_families(void)
{
	static const char *const events[] = {"", "virtio_mem virtio2: requested size: 0x0\n"};

	for (guint i = 0; i < G_N_ELEMENTS(events); i++) {
		g_auto(Log) log = {0};
		g_autoptr(Triage) triage = NULL;

		log_add(&log, events[i]);
		log_add(&log, "BUG: Bad page state in process sh  pfn:12345\n"
			      "page:ffffea000048d140 refcount:-1 mapcount:0 index:0x0 pfn:0x12345\n"
			      "flags: 0x100000000000000(node=0|zone=1)\n"
			      "page dumped because: nonzero _refcount\n"
			      "Modules linked in: virtio_mem iwlwifi\n"
			      "CPU: 0 PID: 100 Comm: sh Not tainted 6.1.0 #1\n"
			      "Call Trace:\n <TASK>\n bad_page+0x63/0x8f\n"
			      " foo_free+0x44/0x5c [iwlwifi]\n </TASK>\n");
		triage = read_log(&log, FALSE, NULL);
		g_assert_cmpint(only_incident(triage)->family, ==,
				*events[i] ? FAMILY_CANCEL : FAMILY_OTHER);
	}
}

static void test_emulator(void)
{
	g_auto(Log) log = {0}, kvm = {0};
	g_autoptr(Triage) live = NULL, file = NULL, other = NULL;

	log_add(&log, int3);
	live = read_log(&log, TRUE, NULL);
	g_assert_cmpint(only_incident(live)->family, ==, FAMILY_EMULATOR);
	file = read_log(&log, FALSE, NULL);
	g_assert_cmpint(only_incident(file)->family, ==, FAMILY_EMULATOR);
	log_add(&kvm, "Hypervisor detected: KVM\n");
	log_add(&kvm, int3);
	other = read_log(&kvm, FALSE, NULL);
	g_assert_cmpint(only_incident(other)->family, ==, FAMILY_OTHER);
}

/* A walker in no stack is a guess among those that take references. */
static void test_guess(void)
{
	static const char *const one[] = {"kpageflags", "damon", NULL};
	static const char *const two[] = {"split-huge-pages", "damon", NULL};
	g_auto(Log) log = {0};
	g_autoptr(Triage) a = NULL, b = NULL, c = NULL;

	log_warn(&log, "virtio_mem_memory_notifier_cb", 1277, "7.3.4", 0x176a7f);
	a = read_log(&log, FALSE, one);
	g_assert_cmpstr(only_incident(a)->walker, ==, "damon");
	g_assert_true(only_incident(a)->walker_guessed);
	b = read_log(&log, FALSE, two);
	g_assert_cmpstr(only_incident(b)->walker, ==, "split-huge-pages or damon");
	g_assert_true(only_incident(b)->walker_guessed);
	c = read_log(&log, FALSE, NULL);
	g_assert_null(only_incident(c)->walker);
}

static void test_endless_offline(void)
{
	g_auto(Log) log = {0};
	g_autoptr(Triage) triage = NULL;

	log_add(&log, "INFO: task kworker/0:0:9 blocked for more than 120 seconds.\n"
		      "task:kworker/0:0     state:D stack:0     pid:9     ppid:2\n"
		      "Workqueue: events_freezable virtio_mem_run_wq [virtio_mem]\n"
		      "Call Trace:\n <TASK>\n __schedule+0x52a/0x1080\n schedule+0x28/0xa0\n"
		      " __mutex_lock.constprop.0+0x56e/0xa30\n"
		      " virtio_mem_run_wq+0xdea/0x1b30 [virtio_mem]\n"
		      " process_one_work+0x1cd/0x3c0\n </TASK>\n");
	log.t_us += 5 * G_USEC_PER_SEC;
	log_printf(&log, stall, "test_pages_isolated", "offline_pages");
	triage = read_log(&log, FALSE, NULL);
	g_assert_cmpint(only_incident(triage)->family, ==, FAMILY_OTHER);
	g_assert_cmpstr(only_incident(triage)->title, ==,
			"endless memory offline: BUG: soft lockup in offline_pages");
}

/* One watchdog after another finds the same task; another task, or much later, is another matter. */
static void test_stuck(void)
{
	static const struct {
		gint64 after_s;
		guint pid, incidents;
	} cases[] = {{6, 77, 1}, {6, 78, 2}, {40, 77, 2}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Log) log = {0};
		g_autoptr(Triage) triage = NULL;

		log_printf(&log, stall, "ext4_lookup", "ext4_lookup");
		log.t_us += cases[i].after_s * G_USEC_PER_SEC;
		log_printf(&log,
			   "INFO: task sh:%u blocked for more than 120 seconds.\n"
			   "task:sh     state:D stack:0     pid:%u   ppid:2\n"
			   "Call Trace:\n <TASK>\n __schedule+0x1/0x2\n ext4_lookup+0x1/0x2\n"
			   " </TASK>\n",
			   cases[i].pid, cases[i].pid);
		triage = read_log(&log, FALSE, NULL);
		g_assert_cmpuint(triage_incidents(triage)->len, ==, cases[i].incidents);
	}
}

/* Two complaints that have nothing to do with each other stay two. */
static void test_apart(void)
{
	g_auto(Log) log = {0};
	g_autoptr(Triage) triage = NULL;

	log_printf(&log, oops, "read", "not-present page", "ext4_lookup");
	log.t_us += 300 * G_USEC_PER_SEC;
	log_add(&log, "WARNING: CPU: 0 PID: 5 at net/core/dev.c:12 dev_watchdog+0x1/0x2\n"
		      "CPU: 0 PID: 5 Comm: sh Not tainted 6.1.0 #1\n"
		      "RIP: 0010:dev_watchdog+0x1/0x2\nCall Trace:\n f+0x1/0x2\n"
		      "---[ end trace 0000000000000000 ]---\n");
	triage = read_log(&log, FALSE, NULL);
	g_assert_cmpuint(triage_incidents(triage)->len, ==, 2);
	g_assert_cmpint(((Incident *)triage_incidents(triage)->pdata[0])->cause->kind, ==,
			KIND_PAGE_FAULT);
}

/* Four WARNs of one function are four, each as often as it was; a reason is one at any line. */
static void test_four(void)
{
	g_auto(Log) log = {0}, conditions = {0};
	g_autoptr(Triage) by_line = NULL, by_condition = NULL;

	for (guint i = 0; i < 12; i++) {
		log_printf(&log,
			   "WARNING: CPU: 0 PID: 1 at mm/memory_hotplug.c:%u online_pages+0x1/0x2\n"
			   "CPU: 0 PID: 1 Comm: sh Not tainted 6.1.0 #1\n"
			   "Call Trace:\n f+0x1/0x2\n---[ end trace 0000000000000000 ]---\n",
			   100 + i % 4);
		log_printf(&conditions,
			   "WARNING: [n > %c] mm/memory_hotplug.c:100 at online_pages+0x1/0x2, "
			   "CPU#0: sh/1\n"
			   "CPU: 0 PID: 1 Comm: sh Not tainted 7.3.0 #1\n"
			   "Call Trace:\n f+0x1/0x2\n---[ end trace 0000000000000000 ]---\n",
			   'a' + (int)i % 4);
		log.t_us = conditions.t_us += 10 * G_USEC_PER_SEC;
	}
	by_line = read_log(&log, FALSE, NULL);
	by_condition = read_log(&conditions, FALSE, NULL);
	g_assert_cmpuint(triage_incidents(by_line)->len, ==, 4);
	g_assert_cmpuint(triage_incidents(by_condition)->len, ==, 4);
	for (guint i = 0; i < 4; i++)
		g_assert_cmpuint(((Incident *)triage_incidents(by_line)->pdata[i])->hits, ==, 3);
}

/* However many different complaints there are, what is kept of them is bounded. */
static void test_bounded(void)
{
	g_auto(Log) log = {0};
	g_autoptr(Triage) triage = NULL;
	guint64 hits = 0;

	for (guint i = 0; i < 3000; i++) {
		log_printf(&log,
			   "WARNING: CPU: 0 PID: %u at net/core/dev.c:%u f%u+0x1/0x2\n"
			   "CPU: 0 PID: %u Comm: sh Not tainted 6.1.0 #1\n"
			   "Call Trace:\n f%u+0x1/0x2\n g+0x1/0x2\n"
			   "---[ end trace 0000000000000000 ]---\n",
			   i, i, i, i, i);
		log.t_us += 10 * G_USEC_PER_SEC;
	}
	triage = read_log(&log, FALSE, NULL);
	g_assert_cmpuint(triage_incidents(triage)->len, <=, 256);
	g_assert_cmpuint(triage_splats(triage)->len, <=, 700);
	for (guint i = 0; i < triage_incidents(triage)->len; i++)
		hits += ((Incident *)triage_incidents(triage)->pdata[i])->hits;
	g_assert_cmpuint(hits, >, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/incident/one-name", test_one_name);
	g_test_add_func("/incident/page", test_page);
	g_test_add_func("/incident/hits", test_hits);
	g_test_add_func("/incident/cause-behind", test_cause_behind);
	g_test_add_func("/incident/consequences", test_consequences);
	g_test_add_func("/incident/oops-families", test_oops_families);
	g_test_add_func("/incident/page-families", test_page_families);
	g_test_add_func("/incident/emulator", test_emulator);
	g_test_add_func("/incident/guess", test_guess);
	g_test_add_func("/incident/endless-offline", test_endless_offline);
	g_test_add_func("/incident/stuck", test_stuck);
	g_test_add_func("/incident/apart", test_apart);
	g_test_add_func("/incident/four", test_four);
	g_test_add_func("/incident/bounded", test_bounded);
	return g_test_run();
}
