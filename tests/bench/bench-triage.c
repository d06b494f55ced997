/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast logs are read: MB/s on one core for a clean log and for one full of splats, beside
 * `grep -cE` on the same file; both read it as a file is read. With a file as argument, for that
 * file; without, for logs made up here.
 */
#include "harness/incident/triage.h"
#include "harness/splat/input.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <string.h>

#define CLEAN_BYTES  (256u << 20)
#define SPLATS_BYTES (64u << 20)

static void add_clean(GString *log, guint i)
{
	static const char *const lines[] = {
		"pci 0000:00:%02x.0: [8086:29c0] type 00 class 0x060000",
		"ACPI: PM-Timer IO Port: 0x608, line %u",
		"virtio_blk virtio%u: [vda] 4194304 512-byte logical blocks (2.15 GB/2.00 GiB)",
		"systemd[1]: Started unit-%u.service - a service that does nothing at all.",
		"EXT4-fs (vda%u): mounted filesystem with ordered data mode. Quota mode: none.",
		"audit: type=1400 audit(1700000000.%03u:12): apparmor=\"STATUS\"",
	};

	g_string_append_printf(log, "[%5u.%06u] ", i / 1000, i * 7919 % 1000000);
	g_string_append_printf(log, lines[i % G_N_ELEMENTS(lines)], i % 100);
	g_string_append_c(log, '\n');
}

static void add_splat(GString *log, guint i)
{
	static const char *const lines[] = {
		"------------[ cut here ]------------",
		"WARNING: CPU: 1 PID: 150 at drivers/virtio/virtio_mem.c:1275 going+0x40/0x60",
		"Modules linked in: virtio_mem virtio_console",
		"CPU: 1 UID: 0 PID: 150 Comm: agent Not tainted 6.12.95 #1 Debian",
		"Hardware name: QEMU Standard PC (Q35 + ICH9, 2009), BIOS 1.16.2 04/01/2014",
		"RIP: 0010:going+0x40/0x60 [virtio_mem]",
		"Code: 48 c1 e3 06 48 8b 3d 47 3f 96 cc 48 01 df f0 ff 4f 34 75 16 48 c1 e3 06 48",
		"RSP: 0018:ffffa4a0c0a37c80 EFLAGS: 00010202",
		"RAX: 0000000000000000 RBX: ffffe5e804910000 RCX: 0000000000000000",
		"RDX: 0000000000000000 RSI: 0000000000124400 RDI: ffffe5e804910000",
		"Call Trace:",
		" <TASK>",
		" ? __warn+0x89/0x130",
		" ? report_bug+0x164/0x190",
		" virtio_mem_memory_notifier_cb+0x26a/0x5c0 [virtio_mem]",
		" notifier_call_chain+0x5d/0xd0",
		" blocking_notifier_call_chain+0x3f/0x60",
		" offline_pages+0x249/0x750",
		" memory_subsys_offline+0x163/0x220",
		" device_offline+0xd0/0x120",
		" state_store+0x69/0xa0",
		" kernfs_fop_write_iter+0x12f/0x210",
		" vfs_write+0x291/0x450",
		" do_syscall_64+0x87/0x1b0",
		" entry_SYSCALL_64_after_hwframe+0x76/0x7e",
		" </TASK>",
		"---[ end trace 0000000000000000 ]---",
		"page: refcount:0 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x125b8d",
		"flags: 0x1fffffc0000010(dirty|node=0|zone=3|lastcpupid=0x1fffff)",
		"page dumped because: fake-offline page referenced",
	};

	for (guint j = 0; j < G_N_ELEMENTS(lines); j++)
		g_string_append_printf(log, "[%5u.%06u] %s\n", i / 10, i % 10 * 100000 + j,
				       lines[j]);
}

/* CPU time of ourselves or of what we waited for: other load on the machine does not count. */
static gint64 cpu_us(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * (gint64)G_USEC_PER_SEC +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static gint64 count_grep(const char *path)
{
	g_autofree char *quoted = g_shell_quote(path);
	g_autofree char *command =
		g_strdup_printf("grep -cE 'WARNING|BUG|Oops|panic' %s | cat", quoted);
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	gint64 start = cpu_us(RUSAGE_CHILDREN);

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL,
		     NULL, NULL);
	return cpu_us(RUSAGE_CHILDREN) - start;
}

static void feed(const char *data, gsize len, gpointer user)
{
	triage_feed(user, TRIAGE_CONSOLE, data, len, -1, 0);
}

static void measure(const char *name, const char *path)
{
	TriageConfig config = {0};
	g_autoptr(Triage) triage = triage_new(&config, NULL, NULL);
	gint64 grep_us = count_grep(path), start = cpu_us(RUSAGE_SELF), us;
	int fd = g_open(path, O_RDONLY | O_CLOEXEC);
	SplatInputFlaws flaws;
	guint64 hits = 0;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 ||
	    !splat_input_read(fd, G_MAXUINT64, feed, triage, &flaws, NULL)) {
		printf("%-8s cannot be read\n", name);
		return;
	}
	g_close(fd, NULL);
	triage_finish(triage);
	us = MAX(cpu_us(RUSAGE_SELF) - start, 1);
	for (guint i = 0; i < triage_incidents(triage)->len; i++)
		hits += ((Incident *)g_ptr_array_index(triage_incidents(triage), i))->hits;
	printf("%-8s %6.1f MB  triage %7.1f MB/s  grep -cE %7.1f MB/s  ratio %.3f  incidents %u  "
	       "hits %" G_GUINT64_FORMAT "\n",
	       name, (double)st.st_size / 1e6, (double)st.st_size / (double)us,
	       (double)st.st_size / (double)MAX(grep_us, 1), (double)grep_us / (double)us,
	       triage_incidents(triage)->len, hits);
}

static void measure_made(const char *name, gsize bytes, void (*add)(GString *, guint))
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "bench-triage.XXXXXX", NULL);
	g_autoptr(GString) log = g_string_sized_new(bytes + 4096);
	int fd = g_mkstemp(path);

	for (guint i = 0; log->len < bytes; i++)
		add(log, i);
	if (fd >= 0 && g_file_set_contents(path, log->str, (gssize)log->len, NULL))
		measure(name, path);
	g_close(fd, NULL);
	g_unlink(path);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		measure(argv[i], argv[i]);
	if (argc > 1)
		return 0;
	measure_made("clean", CLEAN_BYTES, add_clean);
	measure_made("splats", SPLATS_BYTES, add_splat);
	return 0;
}
