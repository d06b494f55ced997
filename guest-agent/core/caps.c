// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One table of facts: the host learns from it why an op would be skipped before it asks.
 */
#include "guest-agent/core/caps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guest-agent/op/env.h"

#define BLOCK_SIZE_FILE "sys/devices/system/memory/block_size_bytes"
#define REC_PFNS_A_LINE 256

enum fact_kind {
	THERE,	/* 1 or 0: is the file there */
	TEXT,	/* its first line; nothing is sent when it is not there */
	CHOSEN, /* the word of it that is in brackets */
};

static const struct {
	const char *name;
	enum fact_kind kind;
	const char *path;
} facts[] = {
	{"cmdline", TEXT, "proc/cmdline"},
	{"tainted", TEXT, "proc/sys/kernel/tainted"},
	{"auto_online", TEXT, "sys/devices/system/memory/auto_online_blocks"},
	{"clocksource", TEXT, "sys/devices/system/clocksource/clocksource0/current_clocksource"},
	{"preempt", CHOSEN, "sys/kernel/debug/sched/preempt"},
	{"thp", CHOSEN, "sys/kernel/mm/transparent_hugepage/enabled"},
	{"btf", THERE, "sys/kernel/btf/vmlinux"},
	{"debugfs", THERE, "sys/kernel/debug/sched"},
	{"kprobes", THERE, "sys/kernel/tracing/kprobe_events"},
	{"kpageflags", THERE, "proc/kpageflags"},
	{"split_huge_pages", THERE, "sys/kernel/debug/split_huge_pages"},
	{"damon", THERE, "sys/kernel/mm/damon/admin"},
	{"damon_stat", TEXT, "sys/module/damon_stat/parameters/enabled"},
	{"ksm", THERE, "sys/kernel/mm/ksm"},
	{"compaction", THERE, "proc/sys/vm/compact_memory"},
	{"page_idle", THERE, "sys/kernel/mm/page_idle/bitmap"},
	{"hugetlb", THERE, "proc/sys/vm/nr_hugepages"},
	{"hvo", TEXT, "proc/sys/vm/hugetlb_optimize_vmemmap"},
	{"kcore", THERE, "proc/kcore"},
	{"swap", THERE, "proc/swaps"},
	{"virtio_mem", THERE, "sys/bus/virtio/drivers/virtio_mem"},
};

/* The first line of a file; false when it cannot be read. */
static bool read_line(int root_fd, const char *path, char *buf, size_t size)
{
	int fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, buf, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (len < 0)
		return false;
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

/* Leaves of "none (voluntary) full" or "[always] never" the chosen word. */
static void keep_chosen(char *text)
{
	char *start = strpbrk(text, "([");
	size_t len;

	if (!start)
		return;
	len = strcspn(start + 1, ")]");
	memmove(text, start + 1, len);
	text[len] = '\0';
}

static void send_fact(const struct sink *sink, const char *name, const char *value)
{
	char line[WIRE_LINE_MAX];
	struct wire_out out;

	wire_begin(&out, line, sizeof(line), WIRE_CAP);
	wire_add(&out, "name", name);
	wire_add(&out, "value", value);
	sink_send(sink, &out, SINK_HIGH);
}

static void send_hello(const struct sink *sink, int root_fd, const struct recorder *rec)
{
	struct wire_out out;
	struct utsname uts;
	char line[2048], text[64] = "";

	uname(&uts);
	read_line(root_fd, BLOCK_SIZE_FILE, text, sizeof(text));
	wire_begin(&out, line, sizeof(line), WIRE_HELLO);
	wire_add_u64(&out, "proto", WIRE_PROTO);
	wire_add(&out, "release", uts.release);
	wire_add(&out, "version", uts.version);
	wire_add(&out, "machine", uts.machine);
	wire_add_u64(&out, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	wire_add_u64(&out, "page_bytes", (uint64_t)sysconf(_SC_PAGESIZE));
	wire_add_u64(&out, "block_bytes", strtoull(text, NULL, 16));
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add_u64(&out, "rec_pages", rec->head ? REC_PAGES : 0);
	sink_send(sink, &out, SINK_HIGH);
}

static void send_recorder(const struct sink *sink, const struct recorder *rec)
{
	_Static_assert(REC_PAGES <= REC_PFNS_A_LINE, "one line tells all");
	char line[WIRE_LINE_MAX], pfns[REC_PAGES * 18];
	struct wire_out out;
	size_t len = 0;

	for (unsigned int i = 0; i < REC_PAGES; i++)
		len += (size_t)snprintf(pfns + len, sizeof(pfns) - len, "%s%llx", i ? "," : "",
					(unsigned long long)rec->pfn[i]);
	wire_begin(&out, line, sizeof(line), WIRE_REC);
	wire_add_u64(&out, "first", 0);
	wire_add(&out, "pfns", pfns);
	sink_send(sink, &out, SINK_HIGH);
}

void caps_send(const struct sink *sink, int root_fd, const struct recorder *rec)
{
	char text[2048];

	send_hello(sink, root_fd, rec);
	if (rec->head)
		send_recorder(sink, rec);
	for (unsigned int i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		if (facts[i].kind == THERE) {
			bool there = !faccessat(root_fd, facts[i].path, F_OK, 0);

			send_fact(sink, facts[i].name, there ? "1" : "0");
			continue;
		}
		if (!read_line(root_fd, facts[i].path, text, sizeof(text)))
			continue;
		if (facts[i].kind == CHOSEN)
			keep_chosen(text);
		send_fact(sink, facts[i].name, text);
	}
}
