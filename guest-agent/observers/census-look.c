// SPDX-License-Identifier: GPL-2.0-or-later
/* See census-look.h. */
#include "guest-agent/observers/census-look.h"
#include "guest-agent/walkers/walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 900 /* the kernel takes records of about a thousand bytes */
#define TOLD_MAX 16  /* of a kind; all are counted */

static void say(struct census *c, const char *text, size_t len)
{
	char line[TEXT_MAX + 64];
	int n = snprintf(line, sizeof(line), "<3>pfnhunt: silent: %.*s\n", (int)len, text);

	if (write(c->kmsg, line, (size_t)n) < 0)
		return; /* a log that takes nothing: the counters have it */
}

unsigned long long census_taint(const struct census *c)
{
	char text[32];
	ssize_t len = pread(c->tainted, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return strtoull(text, NULL, 10);
}

/* Most taint comes with a complaint, which is logged first: give it time to be read. */
static void look_at_taint(struct census *c, struct op_env *env, uint64_t now)
{
	unsigned long long taint = census_taint(c);
	char text[TEXT_MAX];
	int n;

	if (taint != c->taint_last)
		c->taint_since_ns = now;
	c->taint_last = taint;
	op_set(env, CENSUS_TAINT, taint);
	if (c->taint_reported || taint == c->taint_first ||
	    now - c->taint_since_ns < CENSUS_CONFIRM_NS)
		return;
	c->taint_reported = true;
	n = snprintf(text, sizeof(text), "taint changed: from 0x%llx to 0x%llx", c->taint_first,
		     taint);
	say(c, text, (size_t)n);
}

/*
 * Counts the blocks. Returns the fake-offline pages of those that are online, or -EAGAIN. That
 * an offline one was so all the time can be said only when nothing hammers any more: @all.
 */
static int64_t look_at_blocks(struct census *c, struct op_env *env, bool all, uint64_t now)
{
	uint64_t size = c->targets.block_pages, sum = 0;
	bool torn = false;

	c->plugged = c->unread = 0;
	for (size_t i = 0; i < c->targets.block_count; i++) {
		const struct target_block *b = &c->targets.block[i];
		int64_t offline = 0;

		if (all || b->fake_offline_pages) {
			offline = census_pages_look(&c->pages, b->number * size, size, now);
			op_count(env, CENSUS_PAGES, size);
		}
		if (offline < 0) {
			c->unread++;
			torn |= !all || offline != -ENODEV;
			continue;
		}
		sum += (uint64_t)offline;
		c->plugged += size - (uint64_t)offline;
	}
	op_set(env, CENSUS_FAKE_OFFLINE, sum);
	return torn ? -EAGAIN : (int64_t)sum;
}

static void report_pages(struct census *c, struct op_env *env, uint64_t now)
{
	const struct census_suspect *s;
	char text[TEXT_MAX];

	while ((s = census_pages_proven(&c->pages, now))) {
		size_t len = census_pages_words(&c->pages, s, c->targets.block_pages, now, text,
						sizeof(text));

		op_count(env, CENSUS_FOUND + s->kind, 1);
		if (c->told[s->kind]++ < TOLD_MAX)
			say(c, text, len);
	}
}

static void report_loss(struct census *c, struct op_env *env, const struct census_sums *sums,
			uint64_t lost)
{
	char text[TEXT_MAX];
	int n = snprintf(text, sizeof(text),
			 "managed pages lost: %llu pages; %llu are present, %llu managed, the "
			 "others and the fake-offline ones do not add up any more",
			 (unsigned long long)lost, (unsigned long long)sums->present,
			 (unsigned long long)sums->managed);

	c->loss_reported = true;
	op_set(env, CENSUS_LOST_PAGES, lost);
	say(c, text, (size_t)n);
}

/* One look at the pages. Returns how many chunks are suspect; @offline as look_at_blocks(). */
static unsigned int look(struct census *c, struct op_env *env, bool all, int64_t *offline)
{
	unsigned int suspects;

	targets_read(env->targets, &c->targets);
	c->pages.balloon = walk_vmstat(c->vmstat, "balloon_inflate") > 0;
	census_pages_begin(&c->pages);
	*offline = look_at_blocks(c, env, all, op_now_ns());
	suspects = census_pages_end(&c->pages);
	op_count(env, CENSUS_LOOKS, 1);
	op_set(env, CENSUS_OPEN_SUSPECTS, suspects);
	report_pages(c, env, op_now_ns());
	look_at_taint(c, env, op_now_ns());
	return suspects;
}

void census_look(struct census *c, struct op_env *env)
{
	int64_t offline;

	look(c, env, false, &offline);
}

bool census_look_last(struct census *c, struct op_env *env)
{
	struct census_sums before, after;
	int64_t offline, lost = -EAGAIN;
	bool read = !census_zones_read(&c->zones, &before);
	bool open = look(c, env, true, &offline) > 0 ||
		    (c->taint_last != c->taint_first && !c->taint_reported);

	read = read && !census_zones_read(&c->zones, &after);
	/* A balloon takes pages off the managed ones. */
	if (c->pages.balloon || !read || c->loss_reported)
		return open;
	if (offline >= 0 && !memcmp(&before, &after, sizeof(before)))
		lost = census_zones_end(&c->zones, &after, (uint64_t)offline + c->pages.escaped,
					op_now_ns());
	if (lost > 0)
		report_loss(c, env, &after, (uint64_t)lost);
	return open || lost == -EAGAIN;
}

bool census_look_first(struct census *c, struct op_env *env)
{
	struct census_sums sums;
	int64_t offline;

	targets_read(env->targets, &c->targets);
	census_pages_begin(&c->pages);
	if (census_zones_read(&c->zones, &sums))
		return true; /* this kernel has none: there is nothing to wait for */
	offline = look_at_blocks(c, env, true, op_now_ns());
	census_pages_end(&c->pages);
	return offline >= 0 && census_zones_begin(&c->zones, &sums, (uint64_t)offline);
}
