// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The layer for kernels without BPF or BTF: kprobe events, counted by hist triggers. No event is
 * ever written to a buffer. Less is known than with programs: windows are whole calls without
 * their times, "inside" is a visit to a block that some offline of this run took, while one was
 * going on; and each visit costs more. A function with several walkers has two events, one that
 * always counts and one that only counts inside.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/op/env.h"
#include "guest-agent/probe/kallsyms.h"
#include "guest-agent/probe/layer.h"

#define TRACING	   "sys/kernel/tracing/"
#define EVENTS	   TRACING "events/pfnhunt/"
#define TASKS_MAX  64
#define BLOCKS_MAX 256

struct task {
	pid_t tid;
	char walker[32];
};

struct kprobe_ctx {
	int root_fd, block_shift;
	bool window_followed[PROBE_WINDOW_COUNT], visit_followed[PROBE_VISIT_COUNT];
	struct task task[TASKS_MAX];
	unsigned int tasks;
	char missing[512];
};

static const struct {
	enum probe_window kind;
	const char *event, *func, *range; /* range: fetches the block of the first PFN */
} windows[] = {
	{PROBE_OFFLINE, "w_offline", "offline_pages", "$arg1"},
	{PROBE_PLUG, "w_plug", "virtio_mem_fake_online", NULL},
	{PROBE_UNPLUG, "w_unplug", "virtio_mem_fake_offline", NULL},
	{PROBE_REMOVAL, "w_removal", "try_remove_memory", NULL},
};

static const struct site {
	const char *event, *func;
	enum probe_how how;
	int arg, visit, site; /* visit -1: of several walkers; site -1: of one */
} sites[] = {
#define X(id, walker, func, how, arg, argname)                                                     \
	{"v_" #id, #func, PROBE_HOW_##how, arg + 1, PROBE_VISIT_##id, -1},
	PROBE_OWN(X)
#undef X
#define X(id, func, how, arg, argname)                                                             \
	{"v_" #id, #func, PROBE_HOW_##how, arg + 1, -1, PROBE_SITE_##id},
		PROBE_SHARED(X)
#undef X
};
#define SITES (sizeof(sites) / sizeof(sites[0]))

static const struct {
	const char *walker;
	int site;
} visits[PROBE_VISIT_COUNT] = {
#define X(id, walker, ...) [PROBE_VISIT_##id] = {walker, -1},
	PROBE_OWN(X)
#undef X
#define X(id, walker, site) [PROBE_VISIT_##id] = {walker, PROBE_SITE_##site},
		PROBE_TASK(X)
#undef X
};

/* Appends a line to a file of tracefs. 0 or -errno. */
static int say(const struct kprobe_ctx *c, const char *path, const char *line)
{
	int fd = openat(c->root_fd, path, O_WRONLY | O_APPEND | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, line, strlen(line)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static void miss(struct kprobe_ctx *c, const char *func)
{
	size_t len = strlen(c->missing);

	if (!strstr(c->missing, func))
		snprintf(c->missing + len, sizeof(c->missing) - len, "%s%s", len ? "," : "", func);
}

/* Makes the event @prefix@event on @func, 'p' at its entry or 'r' at its return. */
static int make_event(struct kprobe_ctx *c, char type, const char *prefix, const char *event,
		      const char *func, const char *fetch)
{
	char line[512], name[256];
	int ret;

	snprintf(line, sizeof(line), "%c:pfnhunt/%s%s %s %s", type, prefix, event, func, fetch);
	ret = say(c, TRACING "kprobe_events", line);
	if (ret != -ENOENT || kallsyms_find(c->root_fd, func, name, sizeof(name)))
		return ret;
	snprintf(line, sizeof(line), "%c:pfnhunt/%s%s %s %s", type, prefix, event, name, fetch);
	return say(c, TRACING "kprobe_events", line);
}

static int trigger(struct kprobe_ctx *c, const char *prefix, const char *event, const char *what)
{
	char path[128];

	snprintf(path, sizeof(path), EVENTS "%s%s/trigger", prefix, event);
	return say(c, path, what);
}

static void open_windows(struct kprobe_ctx *c)
{
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		const char *event = windows[i].event;
		char fetch[64] = "";

		if (windows[i].range)
			snprintf(fetch, sizeof(fetch), "block=%s:b32@%d/64", windows[i].range,
				 c->block_shift);
		if (make_event(c, 'p', "", event, windows[i].func, fetch) ||
		    trigger(c, "", event,
			    windows[i].range ? "hist:keys=block" : "hist:keys=common_pid"))
			miss(c, windows[i].func);
		else
			c->window_followed[windows[i].kind] = true;
	}
	if (make_event(c, 'r', "r", "w_offline", "offline_pages", ""))
		c->window_followed[PROBE_OFFLINE] = false;
}

static bool site_wanted(const struct probe_setup *setup, const struct site *site)
{
	for (int v = 0; v < PROBE_VISIT_COUNT; v++)
		if ((site->visit == v || (site->site >= 0 && visits[v].site == site->site)) &&
		    op_run_has(setup->run, visits[v].walker))
			return true;
	return false;
}

/* Where the PFN cannot be told without knowing structures the site is not followed. */
static bool open_site(struct kprobe_ctx *c, const struct site *site)
{
	char fetch[64], enable[64];
	int ret;

	if (site->how == PROBE_HOW_PFN || site->how == PROBE_HOW_PFNS)
		snprintf(fetch, sizeof(fetch), "block=$arg%d:b32@%d/64", site->arg, c->block_shift);
	else if (site->how == PROBE_HOW_PFN_AT)
		snprintf(fetch, sizeof(fetch), "block=+0($arg%d):b32@%d/64", site->arg,
			 c->block_shift);
	else
		return false;
	ret = make_event(c, 'p', "", site->event, site->func, fetch);
	if (!ret)
		ret = trigger(c, "", site->event, "hist:keys=common_pid,block:pause");
	if (!ret && site->site >= 0)
		ret = make_event(c, 'p', "all_", site->event, site->func, "");
	if (!ret && site->site >= 0)
		ret = trigger(c, "all_", site->event, "hist:keys=common_pid");
	snprintf(enable, sizeof(enable), "enable_hist:pfnhunt:%s", site->event);
	if (!ret)
		ret = trigger(c, "", "w_offline", enable);
	snprintf(enable, sizeof(enable), "disable_hist:pfnhunt:%s", site->event);
	if (!ret)
		ret = trigger(c, "r", "w_offline", enable);
	return ret == 0;
}

static void follow(struct kprobe_ctx *c, const struct site *site)
{
	for (int v = 0; v < PROBE_VISIT_COUNT; v++)
		if (site->visit == v || (site->site >= 0 && visits[v].site == site->site))
			c->visit_followed[v] = true;
}

static int layer_open(void **ctx, const struct probe_setup *setup, char *err, size_t size)
{
	struct kprobe_ctx *c;

	if (faccessat(setup->root_fd, TRACING "kprobe_events", W_OK, 0)) {
		snprintf(err, size, "no /" TRACING "kprobe_events");
		return -ENOENT;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->root_fd = setup->root_fd;
	c->block_shift = __builtin_ctzll(setup->block_bytes / setup->page_bytes);
	open_windows(c);
	if (!c->window_followed[PROBE_OFFLINE]) {
		snprintf(err, size, "offline_pages cannot be probed");
		free(c);
		return -EOPNOTSUPP;
	}
	for (size_t i = 0; i < SITES; i++) {
		if (!site_wanted(setup, &sites[i]))
			continue;
		if (open_site(c, &sites[i]))
			follow(c, &sites[i]);
		else
			miss(c, sites[i].func);
	}
	snprintf(err, size, "%s", c->missing);
	*ctx = c;
	return 0;
}

static void layer_close(void *ctx)
{
	free(ctx); /* the guest ends with the run: its events stay */
}

static void layer_task(void *ctx, const char *walker, pid_t tid)
{
	struct kprobe_ctx *c = ctx;

	for (unsigned int i = 0; i < c->tasks; i++)
		if (c->task[i].tid == tid)
			return;
	if (c->tasks == TASKS_MAX)
		return;
	c->task[c->tasks].tid = tid;
	snprintf(c->task[c->tasks++].walker, sizeof(c->task[0].walker), "%s", walker);
}

static FILE *open_read(const struct kprobe_ctx *c, const char *path)
{
	int fd = openat(c->root_fd, path, O_RDONLY | O_CLOEXEC);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (!file && fd >= 0)
		close(fd);
	return file;
}

/* A line of a hist file: "{ common_pid: 12, block: 32 } hitcount: 7". Missing keys are -1. */
static bool hist_line(const char *line, long long *pid, long long *block, track_u64 *hits)
{
	const char *p = strstr(line, "common_pid:"), *b = strstr(line, "block:"),
		   *h = strstr(line, "hitcount:");

	if (line[0] != '{' || !h)
		return false;
	*pid = p ? strtoll(p + strlen("common_pid:"), NULL, 10) : -1;
	*block = b ? strtoll(b + strlen("block:"), NULL, 0) : -1;
	*hits = strtoull(h + strlen("hitcount:"), NULL, 10);
	return true;
}

/* The row that a hit of @site in the thread @pid belongs to, or -1. */
static int row_of(const struct kprobe_ctx *c, const struct site *site, long long pid)
{
	if (site->visit >= 0)
		return site->visit;
	for (unsigned int i = 0; i < c->tasks; i++)
		for (int v = 0; c->task[i].tid == pid && v < PROBE_VISIT_COUNT; v++)
			if (visits[v].site == site->site &&
			    !strcmp(visits[v].walker, c->task[i].walker))
				return v;
	return -1;
}

/* The blocks that an offline of this run took; their number. */
static unsigned int read_blocks(const struct kprobe_ctx *c, long long *blocks)
{
	FILE *file = open_read(c, EVENTS "w_offline/hist");
	unsigned int count = 0;
	long long pid;
	track_u64 hits;
	char line[256];

	while (file && count < BLOCKS_MAX && fgets(line, sizeof(line), file))
		count += hist_line(line, &pid, &blocks[count], &hits);
	if (file)
		fclose(file);
	return count;
}

static void read_site(const struct kprobe_ctx *c, const struct site *site, bool all,
		      const long long *blocks, unsigned int count, struct probe_totals *totals)
{
	char path[128], line[256];
	long long pid, block;
	track_u64 hits;
	FILE *file;

	snprintf(path, sizeof(path), EVENTS "%s%s/hist", all ? "all_" : "", site->event);
	file = open_read(c, path);
	while (file && fgets(line, sizeof(line), file)) {
		int v = hist_line(line, &pid, &block, &hits) ? row_of(c, site, pid) : -1;

		if (v >= 0 && all)
			totals->visit[v].visits += hits;
		for (unsigned int i = 0; v >= 0 && !all && i < count; i++)
			if (blocks[i] == block)
				totals->visit[v].inside[PROBE_OFFLINE] += hits;
	}
	if (file)
		fclose(file);
}

/* How often each probe was hit: lines of "event hits missed". */
static void read_hits(const struct kprobe_ctx *c, struct probe_totals *totals)
{
	FILE *file = open_read(c, TRACING "kprobe_profile");
	unsigned long long hits;
	char line[256], event[64];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %llu", event, &hits) != 2)
			continue;
		for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
			if (!strcmp(event, windows[i].event))
				totals->window[windows[i].kind].opened = hits;
		for (size_t i = 0; i < SITES; i++)
			if (sites[i].visit >= 0 && !strcmp(event, sites[i].event))
				totals->visit[sites[i].visit].visits = hits;
	}
	if (file)
		fclose(file);
}

static void layer_read(void *ctx, struct probe_totals *totals)
{
	struct kprobe_ctx *c = ctx;
	long long blocks[BLOCKS_MAX];
	unsigned int count = read_blocks(c, blocks);

	memcpy(totals->window_followed, c->window_followed, sizeof(totals->window_followed));
	memcpy(totals->visit_followed, c->visit_followed, sizeof(totals->visit_followed));
	read_hits(c, totals);
	for (size_t i = 0; i < SITES; i++) {
		read_site(c, &sites[i], false, blocks, count, totals);
		if (sites[i].site >= 0)
			read_site(c, &sites[i], true, blocks, count, totals);
	}
}

const struct probe_layer probe_layer_kprobe = {
	.name = "kprobe",
	.open = layer_open,
	.close = layer_close,
	.task = layer_task,
	.read = layer_read,
};
