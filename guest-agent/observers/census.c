// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looks for silent damage. On 6.17 and later a stray put of a fake-offline page frees it without a
 * message: the page is then used although the hypervisor has taken it back. Findings are written to
 * the kernel's log, in order with everything else in it: "pfnhunt: silent: WHAT: details".
 */
#include <fcntl.h>
#include <unistd.h>

#include "guest-agent/observers/census-look.h"
#include "guest-agent/walkers/walk.h"

#define FIRST_LOOKS  20
#define FIRST_GAP_MS 20
#define LAST_LOOKS   12
#define LAST_GAP_MS  200

/* clang-format off */
static const char *const counters[] = {
	"looks", "pages", "fake_offline_pages", "suspects",
	"escaped_chunks", "free_chunks", "poisoned_chunks", "lost_pages", "taint", NULL};
/* clang-format on */

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
	c->taint_first = c->taint_last = census_taint(c);
	for (unsigned int i = 0; i < FIRST_LOOKS && !census_look_first(c, env); i++)
		walk_sleep_ms(FIRST_GAP_MS);
	return 0;
}

static int step(void *ctx, struct op_env *env)
{
	struct census *c = ctx;
	uint64_t now = op_now_ns();

	if (now < c->next_ns)
		return OP_STEP_IDLE;
	c->next_ns = now + c->gap_ns;
	census_look(c, env);
	return OP_STEP_DONE;
}

/* The threads of all ops have ended by now: the last word on what they left. */
static void look_back(struct census *c, struct op_env *env)
{
	for (unsigned int i = 0; i < LAST_LOOKS && census_look_last(c, env); i++)
		walk_sleep_ms(LAST_GAP_MS);
	op_event(env, AGENT_EVENT_CENSUS, "plugged_pages", (int64_t)(c->plugged - c->pages.escaped),
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
	 .help = "time between scans of the partly plugged blocks"},
	{NULL},
};

static const struct op_need needs[] = {
	{"/proc/kpageflags", "PROC_PAGE_MONITOR", NULL}, {"/proc/zoneinfo", NULL, NULL}, {NULL}};

const struct op op_census = {
	.name = "census",
	.help = "looks for silent damage: escaped pages, lost pages, taint",
	.kind = OP_OBSERVER,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct census),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
