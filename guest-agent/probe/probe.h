/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exposure: how often a walker was in a range of PFNs while it was vulnerable. One layer counts,
 * the best that this guest has or the one that the plan forces; the totals are told once a second.
 */
#ifndef PFNHUNT_PROBE_H
#define PFNHUNT_PROBE_H

#include <stdint.h>

#include "guest-agent/op/run.h"
#include "guest-agent/op/sink.h"

struct probe;

struct probe_plan {
	char layer[8];	  /* auto, the name of a layer, or off */
	uint64_t cost_ms; /* 0: the probes stay in; else they are taken out and put back so often */
	uint64_t seed;	  /* of when the first time is */
};

/*
 * Puts probes in for the ops of @run that are ready and says with a `probe` line what counts.
 * May take seconds. @run is borrowed until probe_free(), @sink copied. NULL without memory.
 */
struct probe *probe_new(const struct probe_plan *plan, int root_fd, struct op_run *run,
			const struct sink *sink);
void probe_free(struct probe *p);

/*
 * To be called often while ops run: tells threads apart, takes probes out and puts them back.
 * These do nothing when @p is NULL.
 */
void probe_watch(struct probe *p);
/* The totals, as `window` and `visit` lines; the last ones when the ops have ended. */
void probe_report(struct probe *p);
void probe_end(struct probe *p);

#endif
