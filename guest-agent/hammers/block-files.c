// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening a state file for each write would halve a hammer's rate, so they stay open.
 */
#include "guest-agent/hammers/block-files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int open_state(const struct op_env *env, uint32_t number)
{
	char path[80];

	snprintf(path, sizeof(path), "sys/devices/system/memory/memory%u/state", number);
	return openat(env->root_fd, path, O_WRONLY | O_CLOEXEC);
}

int block_files_setup(struct block_files *f, struct op_env *env)
{
	block_select_parse(op_text(env->plan, "blocks"), &f->select);
	atomic_store(&env->hammers, &f->select);
	f->attempts_left = (uint64_t)op_int(env->plan, "attempts");
	if (!f->attempts_left)
		f->attempts_left = UINT64_MAX;
	return 0;
}

bool block_files_attempt(struct block_files *f)
{
	if (!f->attempts_left)
		return false;
	if (f->attempts_left != UINT64_MAX)
		f->attempts_left--;
	return true;
}

bool block_files_update(struct block_files *f, const struct op_env *env)
{
	unsigned int old_count = f->count, old = 0;

	if (!targets_read(env->targets, &f->targets))
		return false;
	memcpy(f->old, f->file, f->count * sizeof(f->file[0]));
	f->count = 0;
	for (unsigned int i = 0; i < f->targets.block_count; i++) {
		const struct target_block *block = &f->targets.block[i];
		struct block_file *file = &f->file[f->count];

		if (!block_select_match(&f->select, block))
			continue;
		for (; old < old_count && f->old[old].number < block->number; old++)
			if (f->old[old].fd >= 0)
				close(f->old[old].fd);
		*file = (struct block_file){.number = block->number, .fd = -1};
		if (old < old_count && f->old[old].number == block->number)
			file->fd = f->old[old++].fd;
		if (file->fd < 0)
			file->fd = open_state(env, file->number);
		if (file->fd >= 0)
			f->count++;
	}
	for (; old < old_count; old++)
		if (f->old[old].fd >= 0)
			close(f->old[old].fd);
	return true;
}

void block_file_reopen(struct block_file *file, const struct op_env *env)
{
	close(file->fd);
	file->fd = open_state(env, file->number);
}

void block_files_close(struct block_files *f)
{
	for (unsigned int i = 0; i < f->count; i++)
		if (f->file[i].fd >= 0)
			close(f->file[i].fd);
}
