// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Code that several walkers share. Nothing here allocates: the lists have a fixed size, and
 * directories are read with the raw system call.
 */
#include "guest-agent/walkers/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define AREA_ALIGN (2ul << 20)

const char *const walk_what_choices[] = {"fake-offline", "blocks", "all", NULL};

static void add_block(struct walk_aim *aim, uint64_t start, uint64_t pages)
{
	size_t last = aim->range_count - 1;

	if (aim->range_count && aim->range[last].end_pfn == start)
		aim->range[last].end_pfn += pages;
	else if (aim->range_count < TARGETS_RANGES_MAX)
		aim->range[aim->range_count++] = (struct target_range){start, start + pages};
}

bool walk_aim_update(struct walk_aim *aim, struct op_env *env)
{
	const struct targets *t = &aim->targets;
	struct target_range old[TARGETS_RANGES_MAX];
	size_t old_count = aim->range_count;

	if (!targets_read(env->targets, &aim->targets))
		return false;
	memcpy(old, aim->range, old_count * sizeof(old[0]));
	aim->range_count = 0;
	if (aim->what == WALK_FAKE_OFFLINE) {
		aim->range_count = t->range_count;
		memcpy(aim->range, t->range, t->range_count * sizeof(t->range[0]));
	} else {
		for (size_t i = 0; i < t->block_count; i++)
			if (aim->what == WALK_ALL || t->block[i].flags & TARGET_AIMED)
				add_block(aim, t->block[i].number * t->block_pages, t->block_pages);
	}
	aim->pages = 0;
	for (size_t i = 0; i < aim->range_count; i++)
		aim->pages += aim->range[i].end_pfn - aim->range[i].start_pfn;
	return aim->range_count != old_count || memcmp(aim->range, old, old_count * sizeof(old[0]));
}

/* Where page @number of the ranges is, and how many follow it in its range. */
static uint64_t locate(const struct walk_aim *aim, uint64_t number, uint64_t *left)
{
	size_t i = 0;

	while (number >= aim->range[i].end_pfn - aim->range[i].start_pfn) {
		number -= aim->range[i].end_pfn - aim->range[i].start_pfn;
		i++;
	}
	*left = aim->range[i].end_pfn - aim->range[i].start_pfn - number;
	return aim->range[i].start_pfn + number;
}

bool walk_aim_next(struct walk_aim *aim, struct op_env *env, uint64_t most, uint64_t *pfn,
		   uint64_t *pages)
{
	if (!aim->pages)
		return false;
	if (aim->next >= aim->pages)
		aim->next = 0;
	*pfn = locate(aim, aim->next, pages);
	if (*pages > most)
		*pages = most;
	aim->next += *pages;
	env->aim_pfn = *pfn;
	env->aim_pages = *pages;
	return true;
}

bool walk_aim_random(const struct walk_aim *aim, struct op_env *env, uint64_t *pfn)
{
	uint64_t left;

	if (!aim->pages)
		return false;
	*pfn = locate(aim, op_random(env, aim->pages), &left);
	env->aim_pfn = *pfn;
	env->aim_pages = 1;
	return true;
}

int walk_write_number(int fd, uint64_t value)
{
	char text[24], *c = text + sizeof(text);

	*--c = '\0';
	do
		*--c = (char)('0' + value % 10);
	while (value /= 10);
	return op_write(fd, c);
}

uint64_t walk_vmstat(int fd, const char *name)
{
	char text[16384];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
	size_t name_len = strlen(name);

	if (len <= 0)
		return 0;
	text[len] = '\0';
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, name_len) && line[name_len] == ' ')
			return strtoull(line + name_len, NULL, 10);
	}
	return 0;
}

/* The start of a file below the root as text; false when it cannot be read. */
static bool read_start(int dir_fd, const char *path, char *text, size_t size)
{
	int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (len >= 0)
		text[len] = '\0';
	return len > 0;
}

static pid_t kthread_among(int proc_fd, const char *prefix, const char *entries, ssize_t len)
{
	for (ssize_t at = 0; at < len;) {
		const struct dirent64 *e = (const void *)(entries + at);
		char path[32], comm[32];
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);

		at += e->d_reclen;
		if (pid <= 0)
			continue;
		snprintf(path, sizeof(path), "%d/comm", (int)pid);
		if (read_start(proc_fd, path, comm, sizeof(comm)) &&
		    !strncmp(comm, prefix, strlen(prefix)))
			return pid;
	}
	return -1;
}

pid_t walk_kthread(struct op_env *env, const char *prefix)
{
	int fd = openat(env->root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char entries[4096];
	pid_t pid = -1;
	ssize_t len;

	if (fd < 0)
		return -1;
	while (pid < 0 && (len = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0)
		pid = kthread_among(fd, prefix, entries, len);
	close(fd);
	return pid;
}

int64_t walk_thread_runs(struct op_env *env, pid_t pid)
{
	char path[48], text[96], *c = text;

	snprintf(path, sizeof(path), "proc/%d/schedstat", (int)pid);
	if (pid <= 0 || !read_start(env->root_fd, path, text, sizeof(text)))
		return -ESRCH;
	/* Time on a CPU, time waiting for one, and how often it ran. */
	strtoull(c, &c, 10);
	strtoull(c, &c, 10);
	return (int64_t)strtoull(c, NULL, 10);
}

void walk_sleep_ms(unsigned int ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

/* A list such as "0-1,3". */
static void parse_nodes(struct walk_nodes *nodes, const char *text)
{
	for (char *end; *text && nodes->count < WALK_NODES_MAX; text = *end ? end + 1 : end) {
		long first = strtol(text, &end, 10), last = first;

		if (end == text)
			return;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		for (long n = first; n <= last && n < WALK_NODES_MAX; n++)
			if (nodes->count < WALK_NODES_MAX)
				nodes->node[nodes->count++] = (int)n;
	}
}

int walk_nodes_read(struct walk_nodes *nodes, struct op_env *env)
{
	char text[128];
	int ret = op_read_file(env, "sys/devices/system/node/possible", text, sizeof(text));

	if (ret < 0)
		return ret;
	parse_nodes(nodes, text);
	if (!nodes->count)
		return op_fail(env, EPROTO, "no node in /sys/devices/system/node/possible");
	return 0;
}

long walk_move_pages(void **page, size_t count, const int *to, int *status)
{
	long ret = syscall(SYS_move_pages, 0, (unsigned long)count, page, to, status, MPOL_MF_MOVE);

	return ret < 0 ? -errno : ret;
}

int walk_area_map(struct walk_area *area, struct op_env *env)
{
	uintptr_t at, aligned;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), piece = WALK_PIECE_PAGES * page_bytes;
	size_t bytes = ((size_t)op_int(env->plan, "area-mb") << 20) + piece - 1;
	void *map;

	bytes -= bytes % piece;
	map = mmap(NULL, bytes + AREA_ALIGN, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (map == MAP_FAILED)
		return op_fail(env, errno, "mmap of %zu bytes: %s", bytes, strerror(errno));
	at = (uintptr_t)map;
	aligned = (at + AREA_ALIGN - 1) & ~(AREA_ALIGN - 1);
	if (aligned > at)
		munmap(map, aligned - at);
	if (aligned < at + AREA_ALIGN)
		munmap((void *)(aligned + bytes), at + AREA_ALIGN - aligned);
	area->at = (unsigned char *)aligned;
	area->bytes = bytes;
	area->page_bytes = page_bytes;
	area->pages = bytes / area->page_bytes;
	return 0;
}

void walk_area_unmap(struct walk_area *area)
{
	if (area->at)
		munmap(area->at, area->bytes);
	area->at = NULL;
}

void walk_area_touch(const struct walk_area *area, size_t first, size_t pages)
{
	for (size_t i = first; i < first + pages; i++)
		(*(volatile unsigned char *)(area->at + i * area->page_bytes))++;
}
