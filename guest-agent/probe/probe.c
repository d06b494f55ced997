// SPDX-License-Identifier: GPL-2.0-or-later
/* See probe.h. Chooses the layer, and turns its totals into lines. */
#include "guest-agent/probe/probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest-agent/op/env.h"
#include "guest-agent/probe/layer.h"

#define SEEK_FIRST_NS	  10000000ULL
#define SEEK_NS		  500000000ULL
#define TURN_NAP_NS	  10000000
#define PAUSE_DEADLINE_MS 2000
#define TURNER_DEADLINE_S 5
#define BLOCK_SIZE_FILE	  "sys/devices/system/memory/block_size_bytes"

struct probe {
	int root_fd;
	struct op_run *run;
	struct sink sink;
	const struct probe_layer *layer; /* NULL: off */
	void *ctx;
	uint64_t setup_ns;
	unsigned int tasks; /* threads of ops told to the layer */
	/* When to look for other threads that work for them. */
	uint64_t seek_ns, seek_gap_ns;
	bool on;
	/* To see what they cost, a thread takes them out and puts them back: its own, but for stop. */
	uint64_t cost_ns, turn_ns, since_ns, since_offlines;
	pthread_t turner;
	bool turns;
	_Atomic bool stop;
	struct {
		uint64_t ns, offlines;
	} spent[2]; /* without and with the probes */
	struct probe_totals totals;
	char reason[1024];
};

/* From best to worst, NULL ends it. */
static const struct probe_layer *const layers[] = {
#ifdef PFNHUNT_BPF
	&probe_layer_bpf,
#endif
	&probe_layer_kprobe,
	&probe_layer_user,
	NULL,
};

static const struct {
	const char *walker, *func;
} visits[PROBE_VISIT_COUNT] = {
#define X(id, walker, func, ...) [PROBE_VISIT_##id] = {walker, #func},
	PROBE_OWN(X)
#undef X
#define X(id, walker, site) [PROBE_VISIT_##id] = {walker, NULL},
		PROBE_TASK(X)
#undef X
};

static const enum probe_site visit_sites[PROBE_VISIT_COUNT] = {
#define X(id, walker, site) [PROBE_VISIT_##id] = PROBE_SITE_##site,
	PROBE_TASK(X)
#undef X
};

static const char *const site_funcs[] = {
#define X(id, func, ...) #func,
	PROBE_SHARED(X)
#undef X
};

static const char *const window_names[] = {
#define X(id, name, ...) name,
	PROBE_WINDOWS(X)
#undef X
};

static void say_layer(struct probe *p)
{
	struct wire_out out;
	char line[2048];

	wire_begin(&out, line, sizeof(line), WIRE_PROBE);
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add(&out, "layer", p->layer ? p->layer->name : "off");
	wire_add_u64(&out, "on", p->on);
	wire_add(&out, "reason", p->reason);
	wire_add_u64(&out, "setup_ns", p->setup_ns);
	if (p->turns || p->spent[1].ns) {
		wire_add_u64(&out, "out_ns", p->spent[0].ns);
		wire_add_u64(&out, "out_offlines", p->spent[0].offlines);
		wire_add_u64(&out, "in_ns", p->spent[1].ns);
		wire_add_u64(&out, "in_offlines", p->spent[1].offlines);
	}
	sink_send(&p->sink, &out, SINK_HIGH);
}

__attribute__((format(printf, 2, 3))) static void add_reason(struct probe *p, const char *format,
							     ...)
{
	size_t len = strlen(p->reason);
	va_list args;

	if (len)
		len += (size_t)snprintf(p->reason + len, sizeof(p->reason) - len, "; ");
	if (len >= sizeof(p->reason))
		return;
	va_start(args, format);
	vsnprintf(p->reason + len, sizeof(p->reason) - len, format, args);
	va_end(args);
}

static void choose(struct probe *p, const char *wanted, const struct probe_setup *setup)
{
	bool any = !strcmp(wanted, "auto");
	bool known = any;
	char err[512];

	if (!strcmp(wanted, "off"))
		return;
#ifndef PFNHUNT_BPF
	if (any || !strcmp(wanted, "bpf"))
		add_reason(p, "bpf: the agent was built without it");
#endif
	for (size_t i = 0; layers[i] && !p->layer; i++) {
		int ret;

		if (!any && strcmp(wanted, layers[i]->name))
			continue;
		known = true;
		err[0] = '\0';
		ret = layers[i]->open(&p->ctx, setup, err, sizeof(err));
		if (ret) {
			add_reason(p, "%s: %s", layers[i]->name, err[0] ? err : strerror(-ret));
			continue;
		}
		if (err[0])
			add_reason(p, "not followed: %s", err);
		p->layer = layers[i];
		p->on = true;
	}
	if (!known)
		add_reason(p, "no layer is called %s", wanted);
}

/* The first line of a file; false when it cannot be read. */
static bool read_text(int root_fd, const char *path, char *text, size_t size)
{
	int fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, text, size - 1) : -1;

	if (fd >= 0)
		close(fd);
	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return len > 0;
}

struct seek {
	struct probe *p;
	pid_t tid;
	char comm[32];
};

static void tell_worker(void *user, const char *walker, pid_t tid)
{
	struct seek *seek = user;
	char of[32];

	snprintf(of, sizeof(of), "iou-wrk-%d", (int)tid);
	if (!strcmp(seek->comm, of))
		seek->p->layer->task(seek->p->ctx, walker, seek->tid);
}

static void tell_kthread(struct probe *p, const char *comm, pid_t tid)
{
	const struct op *op;

	for (size_t i = 0; (op = op_get(i)); i++)
		for (const char *const *t = op->threads; t && *t; t++)
			if (!strncmp(comm, *t, strlen(*t)) && op_run_has(p->run, op->name))
				p->layer->task(p->ctx, op->name, tid);
}

/* The threads below @path: io_uring's workers act for the op that they are named after. */
static void seek_threads(struct probe *p, const char *path)
{
	int fd = openat(p->root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (entry = readdir(dir))) {
		struct seek seek = {.p = p, .tid = (pid_t)strtol(entry->d_name, NULL, 10)};
		char file[300];

		snprintf(file, sizeof(file), "%s/%s/comm", path, entry->d_name);
		if (seek.tid <= 0 || !read_text(p->root_fd, file, seek.comm, sizeof(seek.comm)))
			continue;
		tell_kthread(p, seek.comm, seek.tid);
		op_run_each_task(p->run, tell_worker, &seek);
	}
	if (dir)
		closedir(dir);
}

static void tell_task(void *user, const char *walker, pid_t tid)
{
	struct probe *p = user;

	p->layer->task(p->ctx, walker, tid);
}

/* The time since the last call was spent with the probes in, or out; the turn itself is neither. */
static void spend(struct probe *p)
{
	uint64_t now = op_now_ns(), offlines = op_run_offlines(p->run);

	p->spent[p->on].ns += now - p->since_ns;
	p->spent[p->on].offlines += offlines - p->since_offlines;
}

static void turn(struct probe *p)
{
	spend(p);
	/* Code that runs is patched badly by emulators, and given up late by the kernel. */
	op_run_pause(p->run, true, PAUSE_DEADLINE_MS);
	p->layer->turn(p->ctx, !p->on);
	p->on = !p->on;
	op_run_pause(p->run, false, 0);
	p->since_ns = op_now_ns();
	p->since_offlines = op_run_offlines(p->run);
	p->turn_ns = p->since_ns + p->cost_ns;
	say_layer(p);
}

/* Taking probes out takes a while: the host is not to wait for that. */
static void *turner(void *user)
{
	struct timespec nap = {.tv_nsec = TURN_NAP_NS};
	struct probe *p = user;

	pthread_setname_np(pthread_self(), "pfnhunt-probe");
	while (!atomic_load(&p->stop)) {
		if (op_now_ns() >= p->turn_ns)
			turn(p);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	}
	return NULL;
}

static void start_turner(struct probe *p, const struct probe_plan *plan)
{
	p->cost_ns = plan->cost_ms * 1000000;
	if (!p->layer || !p->layer->turn || !p->cost_ns)
		return;
	p->since_ns = op_now_ns();
	p->turn_ns = p->since_ns + p->cost_ns / 2 + plan->seed % p->cost_ns;
	p->turns = !pthread_create(&p->turner, NULL, turner, p);
}

struct probe *probe_new(const struct probe_plan *plan, int root_fd, struct op_run *run,
			const struct sink *sink)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct probe_setup setup = {.root_fd = root_fd, .run = run};
	uint64_t start = op_now_ns();
	char text[32];

	if (!p)
		return NULL;
	p->root_fd = root_fd;
	p->run = run;
	p->sink = *sink;
	setup.page_bytes = (track_u64)sysconf(_SC_PAGESIZE);
	if (read_text(root_fd, BLOCK_SIZE_FILE, text, sizeof(text)))
		setup.block_bytes = strtoull(text, NULL, 16);
	if (setup.block_bytes < setup.page_bytes)
		setup.block_bytes = 128 << 20;
	choose(p, plan->layer, &setup);
	if (p->layer && p->layer->task)
		seek_threads(p, "proc");
	p->setup_ns = op_now_ns() - start;
	start_turner(p, plan);
	say_layer(p);
	return p;
}

void probe_free(struct probe *p)
{
	if (p && p->layer)
		p->layer->close(p->ctx);
	free(p);
}

void probe_watch(struct probe *p)
{
	uint64_t now = op_now_ns();

	if (!p || !p->layer || !p->layer->task)
		return;
	if (p->tasks < op_run_each_task(p->run, NULL, NULL))
		p->tasks = op_run_each_task(p->run, tell_task, p);
	if (now < p->seek_ns)
		return;
	/* Workers start soon after the ops do, and seldom later. */
	p->seek_gap_ns =
		p->seek_gap_ns < SEEK_NS / 2 ? 2 * p->seek_gap_ns + SEEK_FIRST_NS : SEEK_NS;
	p->seek_ns = now + p->seek_gap_ns;
	seek_threads(p, "proc/self/task");
}

static void say_window(struct probe *p, unsigned int kind)
{
	const struct track_window *w = &p->totals.window[kind];
	struct wire_out out;
	char line[512];

	wire_begin(&out, line, sizeof(line), WIRE_WINDOW);
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add(&out, "name", window_names[kind]);
	wire_add_u64(&out, "opened", w->opened);
	if (p->layer->times) {
		wire_add_u64(&out, "open_ns", w->open_ns);
		wire_add_u64(&out, "longest_ns", w->longest_ns);
		wire_add_u64(&out, "overlap", w->overlap);
		wire_add_u64(&out, "lost", w->lost);
	}
	sink_send(&p->sink, &out, SINK_LOW);
}

static const char *func_of(const struct probe *p, unsigned int v)
{
	if (p->layer->func)
		return p->layer->func;
	return visits[v].func ? visits[v].func : site_funcs[visit_sites[v]];
}

static void say_visit(struct probe *p, unsigned int v, unsigned int kind)
{
	const struct track_stat *stat = &p->totals.visit[v];
	struct wire_out out;
	char line[512];

	wire_begin(&out, line, sizeof(line), WIRE_VISIT);
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add(&out, "walker", visits[v].walker);
	wire_add(&out, "func", func_of(p, v));
	wire_add(&out, "window", window_names[kind]);
	wire_add_u64(&out, "visits", stat->visits);
	wire_add_u64(&out, "inside", stat->inside[kind]);
	if (p->layer->pages)
		wire_add_u64(&out, "offline", stat->offline[kind]);
	if (p->totals.nearest_ns[v][kind])
		wire_add_u64(&out, "nearest_ns", p->totals.nearest_ns[v][kind]);
	sink_send(&p->sink, &out, SINK_LOW);
}

/* A walker that is not part of the run and never visited is not worth a line. */
static bool worth_telling(const struct probe *p, unsigned int v)
{
	return p->totals.visit_followed[v] &&
	       (p->totals.visit[v].visits || op_run_has(p->run, visits[v].walker));
}

void probe_report(struct probe *p)
{
	if (!p || !p->layer)
		return;
	memset(&p->totals, 0, sizeof(p->totals));
	p->layer->read(p->ctx, &p->totals);
	for (unsigned int k = 0; k < PROBE_WINDOW_COUNT; k++) {
		/* Of a kind of window that never opened one line tells all. */
		bool opened = p->totals.window[k].opened || k == PROBE_OFFLINE;

		if (p->totals.window_followed[k])
			say_window(p, k);
		for (unsigned int v = 0; opened && v < PROBE_VISIT_COUNT; v++)
			if (worth_telling(p, v))
				say_visit(p, v, k);
	}
}

static bool turner_ends(struct probe *p)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += TURNER_DEADLINE_S;
	return !pthread_clockjoin_np(p->turner, NULL, CLOCK_MONOTONIC, &end);
}

void probe_end(struct probe *p)
{
	if (!p || !p->layer)
		return;
	atomic_store(&p->stop, true);
	if (p->turns && turner_ends(p)) {
		p->turns = false;
		spend(p);
		say_layer(p);
	}
	probe_report(p);
}
