// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parsing and matching of the "blocks" parameter. Kept apart from the ops because the core asks
 * the same question: which blocks are being hammered.
 */
#include "guest-agent/op/block-select.h"

#include <errno.h>
#include <string.h>

static bool parse_number(const char **text, uint32_t *out)
{
	uint64_t value = 0;
	const char *p = *text;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (uint64_t)(*p - '0');
		if (value > UINT32_MAX)
			return false;
	}
	*text = p;
	*out = (uint32_t)value;
	return true;
}

static int parse_list(const char *text, struct block_select *select)
{
	for (;;) {
		unsigned int i = select->range_count;

		if (i == BLOCK_SELECT_RANGES_MAX || !parse_number(&text, &select->range[i].first))
			return -EINVAL;
		select->range[i].last = select->range[i].first;
		if (*text == '-') {
			text++;
			if (!parse_number(&text, &select->range[i].last) ||
			    select->range[i].last < select->range[i].first)
				return -EINVAL;
		}
		select->range_count++;
		if (!*text)
			return 0;
		if (*text++ != ',')
			return -EINVAL;
	}
}

int block_select_parse(const char *text, struct block_select *select)
{
	static const char *const names[] = {"partly", "movable", "all"};

	memset(select, 0, sizeof(*select));
	for (unsigned int i = 0; i < 3; i++) {
		if (!strcmp(text, names[i])) {
			select->how = i;
			return 0;
		}
	}
	select->how = BLOCKS_LISTED;
	return parse_list(text, select);
}

bool block_select_valid(const char *text)
{
	struct block_select select;

	return block_select_parse(text, &select) == 0;
}

bool block_select_match(const struct block_select *select, const struct target_block *block)
{
	switch (select->how) {
	case BLOCKS_PARTLY:
		return block->flags & TARGET_PARTLY;
	case BLOCKS_MOVABLE:
		return block->flags & TARGET_MOVABLE;
	case BLOCKS_ALL:
		return true;
	case BLOCKS_LISTED:
		for (unsigned int i = 0; i < select->range_count; i++)
			if (block->number >= select->range[i].first &&
			    block->number <= select->range[i].last)
				return true;
		return false;
	}
	return false;
}
