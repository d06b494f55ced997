/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which memory blocks an op works on, as a parameter's text says it: "partly" (partly plugged
 * now), "movable" (in ZONE_MOVABLE, or allowed into it), "all", or numbers such as "32,34-36".
 * Only blocks of virtio-mem devices are ever chosen, never boot memory.
 */
#ifndef PFNHUNT_BLOCK_SELECT_H
#define PFNHUNT_BLOCK_SELECT_H

#include <stdbool.h>
#include <stdint.h>

#include "guest-agent/op/targets.h"

#define BLOCK_SELECT_RANGES_MAX 32
#define BLOCK_SELECT_FORM	"partly, movable, all, or block numbers such as 32,34-36"

struct block_select {
	enum { BLOCKS_PARTLY, BLOCKS_MOVABLE, BLOCKS_ALL, BLOCKS_LISTED } how;
	unsigned int range_count;
	struct {
		uint32_t first, last;
	} range[BLOCK_SELECT_RANGES_MAX];
};

/* 0, or -EINVAL. */
int block_select_parse(const char *text, struct block_select *select);
bool block_select_valid(const char *text);
bool block_select_match(const struct block_select *select, const struct target_block *block);

#endif
