/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A layer is one way to count exposure. The core (probe.h) chooses one and asks it for totals.
 */
#ifndef PFNHUNT_PROBE_LAYER_H
#define PFNHUNT_PROBE_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "guest-agent/op/run.h"
#include "guest-agent/probe/track.h"

struct probe_totals {
	bool window_followed[PROBE_WINDOW_COUNT], visit_followed[PROBE_VISIT_COUNT];
	struct track_window window[PROBE_WINDOW_COUNT];
	struct track_stat visit[PROBE_VISIT_COUNT];
	track_u64 nearest_ns[PROBE_VISIT_COUNT][PROBE_WINDOW_COUNT]; /* 0: none */
};

struct probe_setup {
	int root_fd;
	track_u64 block_bytes, page_bytes;
	struct op_run *run;
};

struct probe_layer {
	const char *name;
	const char *func; /* what a visit is, when it is no function of the kernel; else NULL */
	bool times;	  /* it knows how long windows are open, and distances */
	bool pages;	  /* it knows whether a page is fake-offline */
	/*
	 * Puts the probes in. 0, or -errno with one line in @err; after 0 @err may hold what is
	 * not followed. *@ctx is the layer's. May take a second.
	 */
	int (*open)(void **ctx, const struct probe_setup *setup, char *err, size_t size);
	void (*close)(void *ctx);
	/* Takes the probes out, or puts them back; the totals stay. NULL: it cannot. */
	void (*turn)(void *ctx, bool on);
	/* The thread @tid is the op called @walker. */
	void (*task)(void *ctx, const char *walker, pid_t tid);
	/* @totals is zeroed. */
	void (*read)(void *ctx, struct probe_totals *totals);
};

extern const struct probe_layer probe_layer_bpf, probe_layer_kprobe, probe_layer_user;

#endif
