// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The layer that counts with programs in the kernel. What a kernel lacks (a function that was
 * inlined, a program that its verifier refuses) is left out and named; the rest still counts.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest-agent/probe/layer.h"
#include "kernel.skel.h"

#define LINKS_MAX    48
#define REFUSALS_MAX 8

struct bpf_ctx {
	struct probe_kernel *kernel;
	struct bpf_link *link[LINKS_MAX];
	unsigned int links;
	bool no_map; /* the kernel refused the program that looks for the memory map */
	bool window_followed[PROBE_WINDOW_COUNT], visit_followed[PROBE_VISIT_COUNT];
	char missing[512];
};

/* What libbpf complained of last, and the program that it named. */
static char complaint[256], refused[64];

static int on_print(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[256], name[64];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	if (sscanf(text, "libbpf: prog '%63[^']'", name) == 1) {
		if (!refused[0])
			snprintf(refused, sizeof(refused), "%s", name);
		snprintf(complaint, sizeof(complaint), "%s", text);
	} else if (!complaint[0]) {
		snprintf(complaint, sizeof(complaint), "%s", text);
	}
	return 0;
}

static void miss(struct bpf_ctx *c, const char *what)
{
	size_t len = strlen(c->missing);

	if (!strstr(c->missing, what))
		snprintf(c->missing + len, sizeof(c->missing) - len, "%s%s", len ? "," : "", what);
}

/* Which argument of @func has one of the @names; -1 when none has, or there is no such function. */
static int find_argument(const struct btf *btf, const char *func, const char *names)
{
	int id = btf__find_by_name_kind(btf, func, BTF_KIND_FUNC);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;
	const struct btf_type *proto = type ? btf__type_by_id(btf, type->type) : NULL;

	for (int n = 0; proto && n < btf_vlen(proto); n++) {
		const char *name = btf__name_by_offset(btf, btf_params(proto)[n].name_off);
		size_t len = name ? strlen(name) : 0;

		for (const char *at = names; len && *at; at += strcspn(at, ","), at += *at == ',')
			if (strcspn(at, ",") == len && !strncmp(at, name, len))
				return n;
	}
	return -1;
}

struct visit_program {
	const char *program, *func, *argname, *walker; /* walker NULL: of several */
	int visit, site; /* of a visit's own function, or of a shared one; else -1 */
};

static const struct visit_program visit_programs[] = {
#define X(id, walker, func, how, arg, argname)                                                     \
	{"own_" #id, #func, argname, walker, PROBE_VISIT_##id, -1},
	PROBE_OWN(X)
#undef X
#define X(id, func, how, arg, argname) {"shared_" #id, #func, argname, NULL, -1, PROBE_SITE_##id},
		PROBE_SHARED(X)
#undef X
};
#define VISIT_PROGRAMS (sizeof(visit_programs) / sizeof(visit_programs[0]))

static const struct {
	const char *walker;
	enum probe_site site;
	enum probe_visit visit;
} task_visits[] = {
#define X(id, walker, site) {walker, PROBE_SITE_##site, PROBE_VISIT_##id},
	PROBE_TASK(X)
#undef X
};
#define TASK_VISITS (sizeof(task_visits) / sizeof(task_visits[0]))

/* What the kernel's threads do unasked is counted as well. */
static bool wanted(const struct probe_setup *setup, const struct visit_program *v)
{
	if (v->walker)
		return op_find(v->walker)->threads || op_run_has(setup->run, v->walker);
	for (size_t i = 0; i < TASK_VISITS; i++)
		if ((int)task_visits[i].site == v->site &&
		    op_run_has(setup->run, task_visits[i].walker))
			return true;
	return false;
}

static struct bpf_program *program_of(const struct bpf_ctx *c, const char *name)
{
	return bpf_object__find_program_by_name(c->kernel->obj, name);
}

/* One attempt to load all but the programs in @without. 0 or -errno. */
static int load_once(struct bpf_ctx *c, const struct probe_setup *setup, const struct btf *btf,
		     const bool *without)
{
	int ret;

	complaint[0] = refused[0] = '\0';
	c->kernel = probe_kernel__open();
	if (!c->kernel)
		return -errno;
	for (size_t i = 0; i < VISIT_PROGRAMS; i++) {
		const struct visit_program *v = &visit_programs[i];
		bool load = !without[i] && wanted(setup, v);

		int arg = load ? find_argument(btf, v->func, v->argname) : 0;

		if (arg < 0)
			miss(c, v->func);
		else if (v->site >= 0)
			c->kernel->rodata->shared_arg[v->site] = (track_u32)arg;
		else
			c->kernel->rodata->own_arg[v->visit] = (track_u32)arg;
		load &= arg >= 0;
		bpf_program__set_autoload(program_of(c, v->program), load);
	}
	bpf_program__set_autoload(c->kernel->progs.find_vmemmap, !c->no_map);
	c->kernel->rodata->page_shift = (track_u32)__builtin_ctzll(setup->page_bytes);
	c->kernel->bss->track.block_pages_shift =
		(track_u64)__builtin_ctzll(setup->block_bytes / setup->page_bytes);
	ret = probe_kernel__load(c->kernel);
	if (ret) {
		probe_kernel__destroy(c->kernel);
		c->kernel = NULL;
	}
	return ret;
}

/* Loads what the kernel takes: a program that it refuses is left out. */
static int load(struct bpf_ctx *c, const struct probe_setup *setup, const struct btf *btf)
{
	bool without[VISIT_PROGRAMS] = {false};
	int ret = -EINVAL;

	for (int attempt = 0; attempt < REFUSALS_MAX; attempt++) {
		size_t i = 0;

		ret = load_once(c, setup, btf, without);
		if (!ret)
			return 0;
		if (!c->no_map && !strcmp(refused, "find_vmemmap")) {
			c->no_map = true;
			continue;
		}
		while (i < VISIT_PROGRAMS && strcmp(visit_programs[i].program, refused))
			i++;
		if (i == VISIT_PROGRAMS || without[i])
			return ret;
		without[i] = true;
		miss(c, visit_programs[i].func);
	}
	return ret;
}

static bool keep(struct bpf_ctx *c, struct bpf_link *link)
{
	if (!link || c->links == LINKS_MAX)
		return false;
	c->link[c->links++] = link;
	return true;
}

static bool attach_kprobe(struct bpf_ctx *c, struct bpf_program *program, bool on_return,
			  const char *func)
{
	bool attached = keep(c, bpf_program__attach_kprobe(program, on_return, func));

	if (!attached)
		miss(c, func);
	return attached;
}

static void attach_windows(struct bpf_ctx *c)
{
	static const char driver[] = "virtio_mem_memory_notifier_cb";
	bool *followed = c->window_followed;
	struct probe_kernel *k = c->kernel;

	followed[PROBE_OFFLINE] = attach_kprobe(c, k->progs.window_notify, false, "memory_notify");
	followed[PROBE_DEC] = attach_kprobe(c, k->progs.window_driver_end, true, driver) &&
			      attach_kprobe(c, k->progs.window_driver, false, driver);
	followed[PROBE_CANCEL] = followed[PROBE_DEC];
	followed[PROBE_PLUG] =
		attach_kprobe(c, k->progs.window_plug_end, true, "virtio_mem_fake_online") &&
		attach_kprobe(c, k->progs.window_plug, false, "virtio_mem_fake_online");
	followed[PROBE_UNPLUG] =
		attach_kprobe(c, k->progs.window_unplug_end, true, "virtio_mem_fake_offline") &&
		attach_kprobe(c, k->progs.window_unplug, false, "virtio_mem_fake_offline");
	followed[PROBE_REMOVAL] =
		attach_kprobe(c, k->progs.window_removal_end, true, "try_remove_memory") &&
		attach_kprobe(c, k->progs.window_removal, false, "try_remove_memory");
}

static void attach_visits(struct bpf_ctx *c)
{
	for (size_t i = 0; i < VISIT_PROGRAMS; i++) {
		const struct visit_program *v = &visit_programs[i];
		struct bpf_program *program = program_of(c, v->program);

		if (!bpf_program__autoload(program))
			continue;
		if (!keep(c, bpf_program__attach(program))) {
			miss(c, v->func);
			continue;
		}
		if (v->visit >= 0)
			c->visit_followed[v->visit] = true;
		for (size_t t = 0; v->site >= 0 && t < TASK_VISITS; t++)
			if ((int)task_visits[t].site == v->site)
				c->visit_followed[task_visits[t].visit] = true;
	}
}

static void detach(struct bpf_ctx *c)
{
	while (c->links)
		bpf_link__destroy(c->link[--c->links]);
}

static void layer_close(void *ctx)
{
	struct bpf_ctx *c = ctx;

	detach(c);
	probe_kernel__destroy(c->kernel);
	free(c);
}

static void find_vmemmap(struct bpf_ctx *c)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (c->no_map ||
	    bpf_prog_test_run_opts(bpf_program__fd(c->kernel->progs.find_vmemmap), &opts) ||
	    opts.retval)
		miss(c, "memory-map");
}

static int layer_open(void **ctx, const struct probe_setup *setup, char *err, size_t size)
{
	struct bpf_ctx *c = calloc(1, sizeof(*c));
	struct btf *btf;
	int ret;

	if (!c)
		return -ENOMEM;
	libbpf_set_print(on_print);
	btf = btf__load_vmlinux_btf();
	ret = btf ? 0 : -errno;
	if (ret) {
		snprintf(err, size, "no BTF: %s", strerror(-ret));
	} else {
		ret = load(c, setup, btf);
		if (ret)
			snprintf(err, size, "%s: %s", strerror(-ret), complaint);
	}
	btf__free(btf);
	if (ret) {
		layer_close(c);
		return ret;
	}
	find_vmemmap(c);
	attach_visits(c);
	attach_windows(c);
	snprintf(err, size, "%s", c->missing);
	*ctx = c;
	return 0;
}

static void layer_turn(void *ctx, bool on)
{
	struct bpf_ctx *c = ctx;

	detach(c);
	if (on) {
		attach_visits(c);
		attach_windows(c);
	}
}

static void layer_task(void *ctx, const char *walker, pid_t tid)
{
	struct bpf_ctx *c = ctx;

	struct task_walker *task = &c->kernel->bss->task_walkers[tid & (TRACK_TASKS - 1)];

	for (size_t i = 0; i < TASK_VISITS; i++) {
		if (strcmp(task_visits[i].walker, walker))
			continue;
		task->site = task_visits[i].site;
		task->visit = task_visits[i].visit;
		/* The programs go by tid: it is written last. */
		__atomic_store_n(&task->tid, (track_u32)tid, __ATOMIC_RELEASE);
	}
}

static void layer_read(void *ctx, struct probe_totals *totals)
{
	struct bpf_ctx *c = ctx;
	const struct track *track = &c->kernel->bss->track;

	memcpy(totals->window_followed, c->window_followed, sizeof(totals->window_followed));
	memcpy(totals->visit_followed, c->visit_followed, sizeof(totals->visit_followed));
	memcpy(totals->window, track->window, sizeof(totals->window));
	memcpy(totals->visit, track->stat, sizeof(totals->visit));
	memcpy(totals->nearest_ns, track->nearest_ns, sizeof(totals->nearest_ns));
}

const struct probe_layer probe_layer_bpf = {
	.name = "bpf",
	.times = true,
	.pages = true,
	.open = layer_open,
	.close = layer_close,
	.turn = layer_turn,
	.task = layer_task,
	.read = layer_read,
};
