/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many boots run at once on this machine, when that is left to us (`--jobs auto`): as many
 * as the cores carry and as memory really has room for. What a guest takes is measured on those
 * that run, for its nominal size says little: virtio-mem devices and untouched pages take none.
 */
#ifndef PFNHUNT_JOBS_H
#define PFNHUNT_JOBS_H

#include <glib.h>
#include <sys/types.h>

typedef struct {
	guint host_cpus, guest_cpus;
	guint64 available_bytes; /* of memory, now */
	guint64 footprint_bytes; /* most that a boot of this hunt took; 0: not known yet */
	guint64 growing_bytes;	 /* what those that run may still take before they are that big */
	guint running;
} JobsFacts;

/* Whether one more boot has room. One always has; a second only once the first was measured. */
gboolean jobs_have_room(const JobsFacts *facts);

/* What the process of thread @tid holds of memory (PSS); 0: it cannot be read. */
guint64 jobs_footprint_bytes(pid_t tid);
/* Memory that can be had without swapping, and within the limit of our control group. */
guint64 jobs_available_bytes(void);
/* Cores that we may run on, and within the limit of our control group. */
guint jobs_host_cpus(void);

/* For tests: the files behind these. @cpus: what there is without a limit. */
guint64 jobs_available_bytes_from(const char *meminfo, const char *cgroup, const char *cgroup_root);
guint jobs_host_cpus_from(guint cpus, const char *cgroup, const char *cgroup_root);

#endif
