/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What several walkers need: where to aim, numbers written to and read from kernel files, and an
 * area of memory of the op's own. Everything but setup may be used in step().
 */
#ifndef PFNHUNT_WALK_H
#define PFNHUNT_WALK_H

#include <sys/types.h>

#include "guest-agent/op/env.h"

enum walk_what { WALK_FAKE_OFFLINE, WALK_BLOCKS, WALK_ALL };
extern const char *const walk_what_choices[];

/* The parameter `aim` of a walker that takes PFNs; op_enum() of it is an enum walk_what. */
/* clang-format 14 and 19 disagree on the braces of a macro. */
/* clang-format off */
#define WALK_AIM_PARAM_DEF(what)                                                                   \
	{                                                                                          \
		.name = "aim", .type = OP_PARAM_ENUM, .def = (what), .choices = walk_what_choices, \
		.help = "fake-offline pages of the hammered blocks, those whole blocks, or all "   \
			"blocks"                                                                   \
	}
/* clang-format on */
#define WALK_AIM_PARAM WALK_AIM_PARAM_DEF("fake-offline")

/* Page frames to walk; zeroed but for @what. */
struct walk_aim {
	enum walk_what what;
	struct targets targets;
	size_t range_count;
	uint64_t pages; /* in all ranges */
	struct target_range range[TARGETS_RANGES_MAX];
	uint64_t next; /* page of the ranges that walk_aim_next() begins with */
};

/* Takes over new targets. Returns whether the ranges have changed. */
bool walk_aim_update(struct walk_aim *aim, struct op_env *env);
/*
 * The next @most pages, or fewer at the end of a range; wraps around after the last. False if there
 * is nothing to aim at.
 */
bool walk_aim_next(struct walk_aim *aim, struct op_env *env, uint64_t most, uint64_t *pfn,
		   uint64_t *pages);
/* Any page of the ranges. False: there is nothing to aim at. */
bool walk_aim_random(const struct walk_aim *aim, struct op_env *env, uint64_t *pfn);

/* op_write() of a decimal number. */
int walk_write_number(int fd, uint64_t value);

/* The number behind the word @name in /proc/vmstat, open as @fd; 0 when it is not there. */
uint64_t walk_vmstat(int fd, const char *name);
/* The kernel thread whose name begins with @prefix, or -1. */
pid_t walk_kthread(struct op_env *env, const char *prefix);
/* How often the thread has run so far (/proc/PID/schedstat); negative: it is no more. */
int64_t walk_thread_runs(struct op_env *env, pid_t pid);
void walk_sleep_ms(unsigned int ms);

#define WALK_NODES_MAX 64

/* The NUMA nodes that there can be, with memory or without. */
struct walk_nodes {
	int node[WALK_NODES_MAX];
	unsigned int count; /* not 0 */
};

/* For setup(). 0, or -errno with the reason left. */
int walk_nodes_read(struct walk_nodes *nodes, struct op_env *env);
/*
 * move_pages(2) of @count pages of ours: to the node that @to has for each, or with NULL nowhere.
 * @status: the node that each is on, or a negative errno. 0, what was not moved, or -errno.
 */
long walk_move_pages(void **page, size_t count, const int *to, int *status);

#define WALK_PIECE_PAGES 512

/* Anonymous memory of the op's own, in whole pieces of WALK_PIECE_PAGES. */
struct walk_area {
	unsigned char *at; /* NULL: none */
	size_t bytes, pages, page_bytes;
};

/* clang-format off */
#define WALK_AREA_PARAM(megabytes)                                                                 \
	{                                                                                          \
		.name = "area-mb", .type = OP_PARAM_INT, .def = megabytes, .min = 2, .max = 4096,  \
		.help = "size of the op's own memory area, in steps of 512 pages"                  \
	}
/* clang-format on */

/*
 * For setup(): maps what the parameter area-mb says, rounded up, at a multiple of 2 MiB; nothing
 * is touched. 0, or -errno with the reason left.
 */
int walk_area_map(struct walk_area *area, struct op_env *env);
void walk_area_unmap(struct walk_area *area);
/* Writes to each of @pages pages from number @first on. */
void walk_area_touch(const struct walk_area *area, size_t first, size_t pages);

#endif
