// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looks for the damage that prints nothing. A stray put of a fake-offline page frees it without
 * a word on 6.17 and later: the page is then used although the hypervisor has taken it back.
 * What is found goes into the kernel's log, where it stands in order with all else and is read
 * by whoever reads the log: "pfnhunt: silent: WHAT: details".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest-agent/observers/census-pages.h"
#include "guest-agent/observers/census-zones.h"
#include "guest-agent/walkers/walk.h"

#define TEXT_MAX     900 /* the kernel takes records of about a thousand bytes */
#define TOLD_MAX     16	 /* of a kind; all are counted */
#define FIRST_LOOKS  20
#define FIRST_GAP_MS 20
#define LAST_LOOKS   12
#define LAST_GAP_MS  200

enum { LOOKS, PAGES, FAKE_OFFLINE, SUSPECTS, ESCAPED, FREE, POISONED, LOST_PAGES, TAINT };
/* clang-format off */
static const char *const counters[] = {
	"looks", "pages", "fake_offline_pages", "suspects",
	"escaped_chunks", "free_chunks", "poisoned_chunks", "lost_pages", "taint", NULL};
/* clang-format on */

struct census {
	struct targets targets;
	struct census_pages pages;
	struct census_zones zones;
	int kpageflags, zoneinfo, vmstat, tainted, kmsg;
	uint64_t gap_ns, next_ns;
	unsigned long long taint_first, taint_last;
	uint64_t taint_since_ns;
	unsigned int told[CENSUS_KINDS];
	bool taint_reported, loss_reported;
	uint64_t plugged;    /* pages of the devices' blocks that are not fake-offline */
	unsigned int unread; /* blocks that the last look could not count */
};

static void say(struct census *c, const char *text, size_t len)
{
	char line[TEXT_MAX + 64];
	int n = snprintf(line, sizeof(line), "<3>pfnhunt: silent: %.*s\n", (int)len, text);

	if (write(c->kmsg, line, (size_t)n) < 0)
		return; /* a log that takes nothing: the counters have it */
}

static unsigned long long read_taint(const struct census *c)
{
	char text[32];
	ssize_t len = pread(c->tainted, text, sizeof(text) - 1, 0);

	text[len > 0 ? len : 0] = '\0';
	return strtoull(text, NULL, 10);
}

/* Most taint has a complaint behind it, which comes first: time for it to be read. */
static void look_at_taint(struct census *c, struct op_env *env, uint64_t now)
{
	unsigned long long taint = read_taint(c);
	char text[TEXT_MAX];
	int n;

	if (taint != c->taint_last)
		c->taint_since_ns = now;
	c->taint_last = taint;
	op_set(env, TAINT, taint);
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
			op_count(env, PAGES, size);
		}
		if (offline < 0) {
			c->unread++;
			torn |= !all || offline != -ENODEV;
			continue;
		}
		sum += (uint64_t)offline;
		c->plugged += size - (uint64_t)offline;
	}
	op_set(env, FAKE_OFFLINE, sum);
	return torn ? -EAGAIN : (int64_t)sum;
}

static void report_pages(struct census *c, struct op_env *env, uint64_t now)
{
	const struct census_suspect *s;
	char text[TEXT_MAX];

	while ((s = census_pages_proven(&c->pages, now))) {
		size_t len = census_pages_words(&c->pages, s, c->targets.block_pages, now, text,
						sizeof(text));

		op_count(env, ESCAPED + s->kind, 1);
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
	op_set(env, LOST_PAGES, lost);
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
	op_count(env, LOOKS, 1);
	op_set(env, SUSPECTS, suspects);
	report_pages(c, env, op_now_ns());
	look_at_taint(c, env, op_now_ns());
	return suspects;
}

/* The same at the end, with the sums. Returns whether there is more to be proven. */
static bool last_look(struct census *c, struct op_env *env)
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

/* Before anything runs: what the sums are compared with. False: look again. */
static bool compare_with(struct census *c, struct op_env *env)
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

static int setup(void *ctx, struct op_env *env)
{
	struct census *c = ctx;
	long page_bytes = sysconf(_SC_PAGESIZE);

	c->kpageflags = c->zoneinfo = c->vmstat = c->tainted = c->kmsg = -1;
	c->gap_ns = (uint64_t)op_int(env->plan, "every-ms") * 1000000;
	if ((c->kpageflags = op_open(env, "proc/kpageflags", O_RDONLY)) < 0)
		return c->kpageflags;
	if ((c->zoneinfo = op_open(env, "proc/zoneinfo", O_RDONLY)) < 0)
		return c->zoneinfo;
	if ((c->tainted = op_open(env, "proc/sys/kernel/tainted", O_RDONLY)) < 0)
		return c->tainted;
	if ((c->kmsg = op_open(env, "dev/kmsg", O_WRONLY)) < 0)
		return c->kmsg;
	if ((c->vmstat = op_open(env, "proc/vmstat", O_RDONLY)) < 0)
		return c->vmstat;
	census_pages_init(&c->pages, c->kpageflags, (uint64_t)page_bytes);
	c->zones.fd = c->zoneinfo;
	c->taint_first = c->taint_last = read_taint(c);
	for (unsigned int i = 0; i < FIRST_LOOKS && !compare_with(c, env); i++)
		walk_sleep_ms(FIRST_GAP_MS);
	return 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct census *c = ctx;
	uint64_t now = op_now_ns();
	int64_t offline;

	if (now < c->next_ns)
		return OP_STEP_IDLE;
	c->next_ns = now + c->gap_ns;
	look(c, env, false, &offline);
	return OP_STEP_DONE;
}

/* The threads of all ops have ended by now: the last word on what they left. */
static void look_back(struct census *c, struct op_env *env)
{
	for (unsigned int i = 0; i < LAST_LOOKS && last_look(c, env); i++)
		walk_sleep_ms(LAST_GAP_MS);
	op_event(env, "census", "plugged_pages", (int64_t)(c->plugged - c->pages.escaped),
		 "unread_blocks", c->unread);
}

static void teardown(void *ctx, struct op_env *env)
{
	struct census *c = ctx;
	int *const files[] = {&c->kpageflags, &c->zoneinfo, &c->vmstat, &c->tainted, &c->kmsg};

	if (c->pages.chunk_pages)
		look_back(c, env);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (*files[i] >= 0)
			close(*files[i]);
}

static const struct op_param params[] = {
	{.name = "every-ms",
	 .type = OP_PARAM_INT,
	 .def = "500",
	 .min = 10,
	 .max = 60000,
	 .help = "time from one look at the partly plugged blocks to the next"},
	{NULL},
};

static const struct op_need needs[] = {
	{"/proc/kpageflags", "PROC_PAGE_MONITOR", NULL}, {"/proc/zoneinfo", NULL, NULL}, {NULL}};

const struct op op_census = {
	.name = "census",
	.help = "looks for damage that prints nothing: escaped pages, lost ones, taint",
	.kind = OP_OBSERVER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct census),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
