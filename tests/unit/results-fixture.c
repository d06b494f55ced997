/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See results-fixture.h. */
#include "results-fixture.h"

#include "guest-agent/contract/recorder.h"

#include <glib/gstdio.h>
#include <string.h>

char *fixture_tmp(void)
{
	char *dir = g_dir_make_tmp("pfnhunt-results-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

void fixture_write(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

char *fixture_read(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

/* As 6.12 prints it. */
static const char console[] =
	"[    0.000000] Linux version 6.12.95+deb12-amd64\n"
	"[    3.615000] ------------[ cut here ]------------\n"
	"[    3.615000] WARNING: CPU: 0 PID: 150 at drivers/virtio/virtio_mem.c:1277 "
	"virtio_mem_memory_notifier_cb+0x387/0x720 [virtio_mem]\n"
	"[    3.615100] Modules linked in: virtio_mem\n"
	"[    3.615200] CPU: 0 UID: 0 PID: 150 Comm: block-state Not tainted 6.12.95+deb12-amd64 "
	"#1\n"
	"[    3.615300] RIP: 0010:virtio_mem_memory_notifier_cb+0x387/0x720 [virtio_mem]\n"
	"[    3.615400] Call Trace:\n"
	"[    3.615400]  <TASK>\n"
	"[    3.615400]  notifier_call_chain+0x61/0xd0\n"
	"[    3.615400]  offline_pages+0x2ab/0x680\n"
	"[    3.615400]  memory_subsys_offline+0xcd/0x170\n"
	"[    3.615400]  </TASK>\n"
	"[    3.615500] ---[ end trace 0000000000000000 ]---\n"
	"[    3.615600] page: refcount:1 mapcount:0 mapping:0000000000000000 index:0x0 "
	"pfn:0x102365\n"
	"[    3.615600] flags: 0x1fffffc0000000(node=0|zone=3|lastcpupid=0x1fffff)\n"
	"[    3.615600] page_type: f0(buddy)\n"
	"[    3.615600] page dumped because: fake-offline page referenced\n"
	"[    3.900000] all is well\n";

static const char scenario[] = "[scenario]\nsummary = made up\n\n[memory vm0]\nsize = 512M\n"
			       "requested-size = 4M\n\n[op null]\n";

char *fixture_hunt(const char *root, const FixtureHunt *h)
{
	char *dir = g_build_filename(root, h->id, NULL);
	g_autofree char *boots = g_build_filename(dir, "boots", NULL);
	g_autofree char *start = g_strdup_printf(
		"{\"id\":\"%s\",\"scenario\":\"%s\",\"seed\":\"0x00000000000000aa\","
		"\"kernel\":\"%s\",\"kernel_spec\":\"6.12\",\"kernel_version\":\"6.12.95-1\","
		"\"build_id\":\"00ff\",\"config_sha256\":\"c0\",\"backend\":\"qemu\","
		"\"accel\":\"tcg\",\"pfnhunt\":\"0.1.0\",\"host\":\"6.18.44\","
		"\"host_name\":\"machine\",\"host_cpus\":2,\"host_memory_bytes\":1073741824,"
		"\"boots\":3,\"time_ms\":0,\"started\":\"%s\"}",
		h->id, h->scenario, h->kernel, h->started);
	g_autofree char *end =
		g_strdup_printf("{\"ended\":\"%s\",\"verdict\":\"%s\",\"interrupted\":false}",
				h->started, h->verdict ? h->verdict : "");

	g_assert_cmpint(g_mkdir_with_parents(boots, 0755), ==, 0);
	fixture_write(dir, "hunt.json", start);
	fixture_write(dir, "scenario.ini", scenario);
	if (h->verdict)
		fixture_write(dir, "summary.json", end);
	return dir;
}

/* A recorder with an offline of block 32 that never ended, as a dead guest leaves it. */
static void write_recorder(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "recorder.bin", NULL);
	g_autofree char *bytes = g_malloc0((gsize)REC_PAGES * REC_PAGE);
	struct rec_head head = {.magic = REC_MAGIC, .next = 4, .t_ns = 3620000000};
	static const struct rec_entry entries[] = {
		{.t_ns = 3400000000, .arg = 1, .inst = 1, .action = REC_PASS_BEGIN, .seq = 1},
		{.t_ns = 3600000000, .arg = 32, .inst = 0, .action = REC_OFFLINE_BEGIN, .seq = 2},
		{.t_ns = 3610000000, .arg = 1, .inst = 1, .action = REC_PASS_END, .seq = 3},
		{.t_ns = 3612000000, .arg = 2, .inst = 1, .action = REC_PASS_BEGIN, .seq = 4},
	};

	head.slot[0].offlines = 7;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + REC_PAGE, entries, sizeof(entries));
	g_assert_true(g_file_set_contents(path, bytes, (gssize)REC_PAGES * (gssize)REC_PAGE, NULL));
}

static char *json_escaped(const char *text)
{
	GString *out = g_string_new(NULL);

	for (const char *p = text; *p; p++)
		if ((guchar)*p < 0x20 || *p == '"' || *p == '\\')
			g_string_append_printf(out, "\\u%04x", (guchar)*p);
		else
			g_string_append_c(out, *p);
	return g_string_free(out, FALSE);
}

/* What a boot was exposed to, as its verdict says it and as its counters do. */
static const char exposure[] =
	"{\"layer\":\"bpf\",\"paused\":false,\"windows\":["
	"{\"window\":\"offline\",\"opened\":100,\"open_ns\":900000000,\"longest_ns\":70000000,"
	"\"overlap\":0,\"lost\":0},"
	"{\"window\":\"dec\",\"opened\":40,\"open_ns\":8000000,\"longest_ns\":300000,"
	"\"overlap\":0,\"lost\":1}],\"visits\":["
	"{\"walker\":\"compaction\",\"func\":\"isolate_migratepages_block\",\"window\":\"dec\","
	"\"visits\":700,\"inside\":0,\"offline\":0,\"nearest_ns\":12345},"
	"{\"walker\":\"damon\",\"func\":\"damon_get_folio\",\"window\":\"offline\","
	"\"visits\":20000,\"inside\":400,\"offline\":120,\"nearest_ns\":900},"
	"{\"walker\":\"damon\",\"func\":\"damon_get_folio\",\"window\":\"dec\","
	"\"visits\":20000,\"inside\":30,\"offline\":12,\"nearest_ns\":1500}]}";
static const char exposure_lines[] =
	"{\"agent\":\"probe\",\"t_ns\":3500000000,\"layer\":\"bpf\",\"on\":1,\"reason\":\"\","
	"\"host_us\":5000000}\n"
	"{\"agent\":\"window\",\"t_ns\":4500000000,\"name\":\"dec\",\"opened\":17,"
	"\"open_ns\":400000,\"longest_ns\":300000,\"overlap\":0,\"lost\":0,"
	"\"host_us\":6000000}\n"
	"{\"agent\":\"window\",\"t_ns\":5500000000,\"name\":\"dec\",\"opened\":40,"
	"\"open_ns\":8000000,\"longest_ns\":300000,\"overlap\":0,\"lost\":1,"
	"\"host_us\":7000000}\n"
	"{\"agent\":\"window\",\"t_ns\":5500000000,\"name\":\"offline\",\"opened\":100,"
	"\"open_ns\":900000000,\"longest_ns\":70000000,\"overlap\":0,\"lost\":0,"
	"\"host_us\":7000000}\n"
	"{\"agent\":\"visit\",\"t_ns\":5500000000,\"walker\":\"damon\","
	"\"func\":\"damon_get_folio\",\"window\":\"dec\",\"visits\":20000,\"inside\":30,"
	"\"offline\":12,\"nearest_ns\":1500,\"host_us\":7000000}\n";

static void write_verdict(const char *dir, const FixtureBoot *b)
{
	g_autofree char *title = json_escaped(b->title ? b->title : "");
	g_autofree char *splat = g_strdup_printf(
		"\"title\":\"%s\",\"kind\":\"warning\",\"signature\":\"%s\",\"corrupted\":false",
		title, b->signature ? b->signature : "");
	g_autofree char *hit =
		b->title ? g_strdup_printf(
				   "\"first_hit\":{\"title\":\"%s\",\"family\":\"fake-offline\","
				   "\"signature\":\"%s\",\"walker\":\"damon\",\"block\":32,"
				   "\"offlines\":7,\"after_go_s\":%.3f},",
				   title, b->signature, b->hit_s)
			 : g_strdup("");
	g_autofree char *incident =
		b->title ? g_strdup_printf(
				   "{\"family\":\"fake-offline\",%s,\"hits\":3,\"evidence\":true,"
				   "\"walker\":\"damon\",\"walker_guessed\":true,"
				   "\"cause\":{%s,\"line\":3,\"t_us\":3615000},"
				   "\"consequences\":[{%s,\"line\":9,\"t_us\":3616000}]}",
				   splat, splat, splat)
			 : g_strdup("");
	g_autofree char *text = g_strdup_printf(
		"{\"verdict\":\"%s\",\"reason\":\"why <b>not</b>\",\"boot\":0,"
		"\"seed\":\"0x00000000000000bb\",\"interrupted\":false,\"run_s\":%.3f,"
		"\"hello_s\":4.5,\"offlines\":100,\"hits\":%d,\"known\":0,%s\"exposure\":%s,"
		"\"ops\":[{\"op\":\"block-state\",\"state\":\"ready\",\"steps\":100,"
		"\"offlines\":100},{\"op\":\"damon\",\"state\":\"ready\",\"steps\":20},"
		"{\"op\":\"ksm\",\"state\":\"skipped\",\"reason\":\"no <ksm> & co\","
		"\"steps\":0}],\"incidents\":[%s]}",
		b->verdict, b->run_s, b->title ? 3 : 0, hit, exposure, incident);

	fixture_write(dir, "verdict.json", text);
}

void fixture_boot(const char *hunt_dir, const FixtureBoot *b)
{
	g_autofree char *dir = g_build_filename(hunt_dir, "boots", b->folder, NULL);
	g_autofree char *counters = g_strconcat(
		"{\"agent\":\"mem\",\"t_ns\":3550000000,\"blocks\":2,\"online\":1,"
		"\"partly\":1,\"offline_pages\":31744,\"plugged_kb\":4096,"
		"\"host_us\":5040000}\n"
		"{\"agent\":\"count\",\"t_ns\":4500000000,\"inst\":0,\"name\":\"block-state\","
		"\"steps\":50,\"offlines\":51,\"host_us\":6000000}\n"
		"{\"agent\":\"count\",\"t_ns\":5500000000,\"inst\":0,\"name\":\"block-state\","
		"\"steps\":100,\"offlines\":100,\"host_us\":7000000}\n"
		"{\"agent\":\"count\",\"t_ns\":5500000000,\"inst\":1,\"name\":\"damon\","
		"\"steps\":20,\"pages\":31744,\"host_us\":7000000}\n",
		exposure_lines, NULL);

	g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
	fixture_write(dir, "boot.json",
		      "{\"boot\":0,\"seed\":\"0x00000000000000bb\",\"scenario\":\"quick\","
		      "\"started\":\"2026-11-20T10:00:00Z\",\"kernel\":\"" FIXTURE_KERNEL "\","
		      "\"kernel_version\":\"6.12.95-1\",\"build_id\":\"00ff\",\"accel\":\"tcg\","
		      "\"argv\":[\"qemu-system-x86_64\",\"-append\",\"console=ttyS0 a='b'\"]}");
	fixture_write(dir, "scenario.ini", scenario);
	fixture_write(dir, "console.log", b->console ? b->console : console);
	fixture_write(dir, "memory.jsonl",
		      "{\"device\":\"vm0\",\"requested_bytes\":4194304,\"plugged_bytes\":0,"
		      "\"host_us\":200000}\n"
		      "{\"device\":\"vm0\",\"requested_bytes\":4194304,\"plugged_bytes\":4194304,"
		      "\"host_us\":5300000}\n"
		      "{\"device\":\"vm0\",\"requested_bytes\":83886080,\"plugged_bytes\":4194304,"
		      "\"host_us\":6300000}\n{\"device\":\"vm0\",\"requ");
	fixture_write(dir, "events.jsonl",
		      "{\"agent\":\"hello\",\"t_ns\":3000000000,\"block_bytes\":134217728,"
		      "\"host_us\":4500000}\n"
		      "{\"agent\":\"phase\",\"name\":\"run\",\"t_ns\":3500000000,"
		      "\"host_us\":5000000}\n"
		      "{\"agent\":\"done\",\"t_ns\":6000000000,\"host_us\":7500000}\n");
	fixture_write(dir, "counters.jsonl", counters);

	fixture_write(dir, "kmsg.jsonl", "");
	fixture_write(dir, "qmp.jsonl", "{\"dir\":\">\",\"line\":\"{}\",\"host_us\":1}\n");
	write_recorder(dir);
	if (b->verdict)
		write_verdict(dir, b);
}

#define HOSTILE "<script>alert(1)</script> \"&'\033[31m]]> \xe2\x80\xae"

void fixture_results(const char *root)
{
	static const FixtureHunt hunts[] = {
		{"20261120-100000-quick-6.12", "2026-11-20T10:00:00Z", "quick", FIXTURE_KERNEL,
		 "incident"},
		{"20261121-100000-quick-7.3", "2026-11-21T10:00:00Z", "quick", "7.3.4+deb13-amd64",
		 "incident"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(hunts); i++) {
		g_autofree char *dir = fixture_hunt(root, &hunts[i]);

		fixture_boot(dir, &(FixtureBoot){.folder = "0000",
						 .verdict = "incident",
						 .title = FIXTURE_WARN,
						 .signature = FIXTURE_SIG,
						 .hit_s = 0.115,
						 .run_s = 2.5});
		fixture_boot(dir, &(FixtureBoot){.folder = "0001",
						 .verdict = i ? "incident" : "clean",
						 .title = i ? "WARNING in " HOSTILE : NULL,
						 .signature = i ? "warning:hostile:<x>&" : NULL,
						 .hit_s = 1.5,
						 .run_s = 30,
						 .console = i ? "\x1b[2J<img src=x "
								"onerror=alert(2)>\xff\n"
							      : NULL});
		fixture_boot(dir,
			     &(FixtureBoot){.folder = "0002", .verdict = "clean", .run_s = 30});
	}
}
