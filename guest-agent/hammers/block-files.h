/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The open `state` files of the blocks selected by a hammer's "blocks" parameter, updated with the
 * targets as devices are resized.
 */
#ifndef PFNHUNT_BLOCK_FILES_H
#define PFNHUNT_BLOCK_FILES_H

#include "guest-agent/op/env.h"

/* clang-format 14 and 19 disagree on the braces of a macro. */
/* clang-format off */
#define BLOCK_FILES_PARAM                                                                          \
	{                                                                                          \
		.name = "blocks", .type = OP_PARAM_TEXT, .def = "partly",                          \
		.valid = block_select_valid, .form = BLOCK_SELECT_FORM,                            \
		.help = "which blocks of the virtio-mem devices to use"                            \
	}

#define BLOCK_ATTEMPTS_PARAM                                                                       \
	{                                                                                          \
		.name = "attempts", .type = OP_PARAM_INT, .def = "0", .min = 0,                    \
		.max = 1000000000,                                                                 \
		.help = "stop after this many attempts to take a block offline; 0: never"          \
	}

#define BLOCK_DEADLINE_PARAM                                                                       \
	{                                                                                          \
		.name = "deadline-ms", .type = OP_PARAM_INT, .def = "5000", .min = 10,             \
		.max = 600000,                                                                     \
		.help = "a write that takes longer, times [guest] patience, is interrupted by a "  \
			"signal and reported"                                              \
	}
/* clang-format on */

struct block_file {
	uint32_t number;
	int fd; /* -1: the block is gone */
};

struct block_files {
	struct block_select select;
	struct targets targets;
	uint64_t attempts_left; /* of the parameter attempts; UINT64_MAX: no bound */
	unsigned int count;
	struct block_file file[TARGETS_BLOCKS_MAX]; /* ascending */
	struct block_file old[TARGETS_BLOCKS_MAX];
};

/* For setup(): reads the parameter and tells the core. Always 0. */
int block_files_setup(struct block_files *f, struct op_env *env);
/* For step(): opens and closes files when the targets have changed. Returns whether they had. */
bool block_files_update(struct block_files *f, const struct op_env *env);
/* The block was removed (ENODEV); perhaps it is back already under the same number. */
void block_file_reopen(struct block_file *file, const struct op_env *env);
/* For step(), before an attempt: whether there is one left, which is then taken. */
bool block_files_attempt(struct block_files *f);
void block_files_close(struct block_files *f);

#endif
