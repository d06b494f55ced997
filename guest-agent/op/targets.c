// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The targets as a sequence lock over atomic words: a reader that meets the writer simply
 * does without until its next step, so no op ever waits for the core.
 */
#include "guest-agent/op/targets.h"

#include <stddef.h>
#include <string.h>

#define WORDS(bytes) ((bytes) / sizeof(uint64_t))
#define HEAD_WORDS   WORDS(offsetof(struct targets, block))
#define BLOCK_WORD   HEAD_WORDS
#define RANGE_WORD   WORDS(offsetof(struct targets, range))

_Static_assert(sizeof(struct targets) % sizeof(uint64_t) == 0, "copied as words");
_Static_assert(sizeof(struct target_block) % sizeof(uint64_t) == 0, "copied as words");

static void store(struct targets_box *box, size_t first, const void *from, size_t count)
{
	const uint64_t *words = from;

	for (size_t i = 0; i < count; i++)
		atomic_store_explicit(&box->word[first + i], words[i], memory_order_relaxed);
}

static void load(struct targets_box *box, size_t first, void *to, size_t count)
{
	uint64_t *words = to;

	for (size_t i = 0; i < count; i++)
		words[i] = atomic_load_explicit(&box->word[first + i], memory_order_relaxed);
}

/* Whether a block is online changes all the time under a hammer, so it does not count as a change. */
static bool same(const struct targets *a, const struct targets *b)
{
	if (a->block_pages != b->block_pages || a->block_count != b->block_count ||
	    a->range_count != b->range_count)
		return false;
	for (size_t i = 0; i < a->block_count; i++)
		if (a->block[i].number != b->block[i].number ||
		    a->block[i].fake_offline_pages != b->block[i].fake_offline_pages ||
		    ((a->block[i].flags ^ b->block[i].flags) & ~(unsigned int)TARGET_ONLINE))
			return false;
	return !memcmp(a->range, b->range, a->range_count * sizeof(a->range[0]));
}

void targets_publish(struct targets_box *box, struct targets *next)
{
	uint64_t seq = atomic_load_explicit(&box->seq, memory_order_relaxed);

	if (box->last.generation && same(&box->last, next))
		return;
	next->generation = box->last.generation + 1;
	box->last = *next;
	atomic_store_explicit(&box->seq, seq + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	store(box, 0, next, HEAD_WORDS);
	store(box, BLOCK_WORD, next->block, WORDS(next->block_count * sizeof(next->block[0])));
	store(box, RANGE_WORD, next->range, WORDS(next->range_count * sizeof(next->range[0])));
	atomic_store_explicit(&box->seq, seq + 2, memory_order_release);
}

bool targets_read(struct targets_box *box, struct targets *out)
{
	uint64_t seq = atomic_load_explicit(&box->seq, memory_order_acquire);
	uint64_t head[HEAD_WORDS];

	if (seq == 0 || seq % 2)
		return false;
	load(box, 0, head, HEAD_WORDS);
	if (head[0] == out->generation)
		return false;
	memcpy(out, head, sizeof(head));
	if (out->block_count <= TARGETS_BLOCKS_MAX && out->range_count <= TARGETS_RANGES_MAX) {
		load(box, BLOCK_WORD, out->block, WORDS(out->block_count * sizeof(out->block[0])));
		load(box, RANGE_WORD, out->range, WORDS(out->range_count * sizeof(out->range[0])));
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&box->seq, memory_order_relaxed) == seq)
			return true;
	}
	out->generation = out->block_count = out->range_count = 0;
	return true;
}
