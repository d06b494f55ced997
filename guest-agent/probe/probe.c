// SPDX-License-Identifier: GPL-2.0-or-later
/* See probe.h. Chooses the layer, and turns its totals into lines. */
#include "guest-agent/probe/probe.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/op-env.h"
#include "guest-agent/probe/layer.h"

#define BLOCK_SIZE_FILE "sys/devices/system/memory/block_size_bytes"

struct probe {
	struct op_run *run;
	struct sink sink;
	const struct probe_layer *layer; /* NULL: off */
	void *ctx;
	unsigned int tasks; /* threads told to the layer */
	bool on;
	/* To see what they cost: when they are next taken out or put back, and what was so far. */
	uint64_t cost_ns, turn_ns, since_ns, since_offlines;
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
	if (p->cost_ns) {
		wire_add_u64(&out, "out_ns", p->spent[0].ns);
		wire_add_u64(&out, "out_offlines", p->spent[0].offlines);
		wire_add_u64(&out, "in_ns", p->spent[1].ns);
		wire_add_u64(&out, "in_offlines", p->spent[1].offlines);
	}
	sink_send(&p->sink, &out, SINK_HIGH);
}

static bool wants(void *user, const char *walker)
{
	return op_run_has(user, walker);
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

static uint64_t read_hex(int root_fd, const char *path)
{
	int fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";
	ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	return len > 0 ? strtoull(text, NULL, 16) : 0;
}

struct probe *probe_new(const struct probe_plan *plan, int root_fd, struct op_run *run,
			const struct sink *sink)
{
	struct probe *p = calloc(1, sizeof(*p));
	struct probe_setup setup = {.root_fd = root_fd, .wants = wants, .user = run};
	uint64_t start = op_now_ns();

	if (!p)
		return NULL;
	p->run = run;
	p->sink = *sink;
	setup.page_bytes = (track_u64)sysconf(_SC_PAGESIZE);
	setup.block_bytes = read_hex(root_fd, BLOCK_SIZE_FILE);
	if (setup.block_bytes < setup.page_bytes)
		setup.block_bytes = 128 << 20;
	choose(p, plan->layer, &setup);
	if (p->layer)
		sink_log(sink, "the probes took %llu ms to put in",
			 (unsigned long long)(op_now_ns() - start) / 1000000);
	p->cost_ns = p->layer ? plan->cost_ms * 1000000 : 0;
	if (p->cost_ns)
		p->turn_ns = op_now_ns() + p->cost_ns / 2 + plan->seed % p->cost_ns;
	p->since_ns = op_now_ns();
	say_layer(p);
	return p;
}

void probe_free(struct probe *p)
{
	if (p->layer)
		p->layer->close(p->ctx);
	free(p);
}

static void tell_task(void *user, const char *op, pid_t tid)
{
	struct probe *p = user;

	p->layer->task(p->ctx, op, tid);
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
	p->layer->turn(p->ctx, !p->on);
	p->on = !p->on;
	p->since_ns = op_now_ns();
	p->since_offlines = op_run_offlines(p->run);
	p->turn_ns = p->since_ns + p->cost_ns;
	say_layer(p);
}

void probe_watch(struct probe *p)
{
	if (!p || !p->layer)
		return;
	if (p->tasks < op_run_each_task(p->run, NULL, NULL))
		p->tasks = op_run_each_task(p->run, tell_task, p);
	if (p->cost_ns && op_now_ns() >= p->turn_ns)
		turn(p);
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
	wire_add_u64(&out, "open_ns", w->open_ns);
	wire_add_u64(&out, "longest_ns", w->longest_ns);
	wire_add_u64(&out, "overlap", w->overlap);
	wire_add_u64(&out, "lost", w->lost);
	sink_send(&p->sink, &out, SINK_LOW);
}

static void say_visit(struct probe *p, unsigned int v, unsigned int kind)
{
	const struct track_stat *stat = &p->totals.visit[v];
	struct wire_out out;
	char line[512];

	wire_begin(&out, line, sizeof(line), WIRE_VISIT);
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add(&out, "walker", visits[v].walker);
	wire_add(&out, "func", visits[v].func ? visits[v].func : site_funcs[visit_sites[v]]);
	wire_add(&out, "window", window_names[kind]);
	wire_add_u64(&out, "visits", stat->visits);
	wire_add_u64(&out, "inside", stat->inside[kind]);
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

void probe_end(struct probe *p)
{
	if (!p || !p->layer)
		return;
	probe_report(p);
	spend(p);
	if (p->cost_ns)
		say_layer(p);
}
