// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The session thread executes the host's messages one after the other. What must not wait (ping,
 * stop, power-off, set while ops run) is handled by the thread that receives the lines.
 */
#include "guest-agent/core/session.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest-agent/core/boot.h"
#include "guest-agent/core/kmsg.h"
#include "guest-agent/core/block-monitor.h"
#include "guest-agent/core/symbols.h"
#include "guest-agent/probe/probe.h"

#define COMMANDS_MAX	   512
#define VIRTIO_MEM_MODULE  "modules/virtio_mem.ko"
#define VIRTIO_MEM_DRIVER  "sys/bus/virtio/drivers/virtio_mem"
#define ONLINE_POLICY_FILE "sys/devices/system/memory/auto_online_blocks"
#define WARN_ONCE_FILE	   "sys/kernel/debug/clear_warn_once"
#define PLUG_DEADLINE_MS   30000
#define STOP_DEADLINE_MS   5000
#define PATIENCE_MAX	   10000 /* percent */
#define CATCH_UP_MS	   1000
#define TICK_MS		   10
#define REPORT_NS	   1000000000ULL

struct session {
	int root_fd;
	struct sink sink;
	const struct recorder *rec;

	pthread_mutex_t lock; /* of the queue */
	pthread_cond_t queued;
	char *command[COMMANDS_MAX];
	unsigned int first, count;
	_Atomic bool stop, power_off, running;

	char online_policy[32];
	bool removal; /* blocks may be removed while ops run */
	struct op_run *run;
	bool went;
	unsigned long long oom_kills; /* as last reported */
	char vmstat[16384];
	unsigned int patience; /* all deadlines are this percentage of their defaults */
	struct probe_plan probe_plan;
	struct probe *probe;	       /* while ops run */
	struct block_monitor *monitor; /* NULL: this kernel has no memory hotplug */
};

static void nap_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}

static unsigned int patient_ms(const struct session *s, unsigned int ms)
{
	return ms * s->patience / 100;
}

static void say_phase(struct session *s, const char *name)
{
	struct wire_out out;
	char line[256];

	kmsg_mark(s->root_fd, name);
	wire_begin(&out, line, sizeof(line), WIRE_PHASE);
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add(&out, "name", name);
	sink_send(&s->sink, &out, SINK_HIGH);
}

static uint64_t mem_total_kb(const struct session *s)
{
	int fd = openat(s->root_fd, "proc/meminfo", O_RDONLY | O_CLOEXEC);
	unsigned long long kb = 0;
	char text[256];
	ssize_t len = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (len > 0) {
		text[len] = '\0';
		sscanf(text, "MemTotal: %llu", &kb);
	}
	return kb;
}

static void say_mem(struct session *s)
{
	struct memblk_sums sums = {0};
	struct wire_out out;
	char line[512];

	if (s->monitor)
		sums = block_monitor_sums(s->monitor);
	wire_begin(&out, line, sizeof(line), WIRE_MEM);
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add_u64(&out, "total_kb", mem_total_kb(s));
	wire_add_u64(&out, "blocks", sums.blocks);
	wire_add_u64(&out, "online", sums.online);
	if (!sums.stale) {
		wire_add_u64(&out, "partly", sums.partly);
		wire_add_u64(&out, "offline_pages", sums.offline_pages);
		wire_add_u64(&out, "plugged_kb", sums.plugged_bytes / 1024);
	}
	sink_send(&s->sink, &out, SINK_LOW);
}

static void do_plan(struct session *s, const struct wire_msg *msg)
{
	const char *policy = wire_get(msg, "online_policy"), *layer = wire_get(msg, "probe");
	uint64_t proto = 0, seed = 0, removal;

	wire_get_u64(msg, "proto", &proto);
	wire_get_u64(msg, "seed", &seed);
	if (proto != WIRE_PROTO)
		sink_log(&s->sink, "the plan is of protocol %llu, the agent speaks %d",
			 (unsigned long long)proto, WIRE_PROTO);
	if (s->run) {
		sink_log(&s->sink, "a second plan is ignored");
		return;
	}
	snprintf(s->online_policy, sizeof(s->online_policy), "%s", policy ? policy : "");
	snprintf(s->probe_plan.layer, sizeof(s->probe_plan.layer), "%s", layer ? layer : "auto");
	wire_get_u64(msg, "probe_cost_ms", &s->probe_plan.cost_ms);
	s->removal = true;
	if (!wire_get_u64(msg, "removal", &removal))
		s->removal = removal != 0;
	s->probe_plan.seed = seed;
	say_phase(s, "modules");
	s->run = op_run_new(s->root_fd, seed, &s->sink, s->rec->head);
	if (s->run)
		op_run_set_patience(s->run, s->patience);
}

static void do_patience(struct session *s, const struct wire_msg *msg)
{
	uint64_t percent;

	if (!wire_get_u64(msg, "percent", &percent) && percent >= 100 && percent <= PATIENCE_MAX)
		s->patience = (unsigned int)percent;
	else
		sink_log(&s->sink, "patience needs a percent from 100 to %d", PATIENCE_MAX);
}

static void do_module(struct session *s, const struct wire_msg *msg)
{
	const char *path = wire_get(msg, "path"), *params = wire_get(msg, "params");
	int ret = boot_load_module(s->root_fd, path ? path : "", params ? params : "");

	if (ret)
		sink_event(&s->sink, AGENT_EVENT_MODULE_FAILED, "path", path ? path : "", "error",
			   strerror(-ret));
}

static void do_set(struct session *s, const struct wire_msg *msg)
{
	const char *path = wire_get(msg, "path"), *value = wire_get(msg, "value");
	int fd;

	if (!path || !value) {
		sink_log(&s->sink, "set needs path and value");
		return;
	}
	fd = openat(s->root_fd, path + (path[0] == '/'), O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		sink_event(&s->sink, AGENT_EVENT_SET_FAILED, "path", path, "error",
			   strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void do_symbols(struct session *s, const struct wire_msg *msg)
{
	const char *names = wire_get(msg, "names");
	char copy[WIRE_LINE_MAX];

	snprintf(copy, sizeof(copy), "%s", names ? names : "");
	symbols_say(s->root_fd, &s->sink, copy);
}

static void do_op(struct session *s, const struct wire_msg *msg)
{
	struct op_plan plan;
	char err[1024] = "there is no plan yet";
	int ret = s->run ? op_plan_parse(&plan, msg, err, sizeof(err)) : -EINVAL;

	if (!ret && op_run_add(s->run, &plan)) {
		snprintf(err, sizeof(err), "op instance %u cannot be added", plan.inst);
		op_plan_clear(&plan);
		ret = -EINVAL;
	}
	if (ret) {
		const char *inst = wire_get(msg, "inst"), *name = wire_get(msg, "name");
		struct wire_out out;
		char line[4096];

		wire_begin(&out, line, sizeof(line), WIRE_OPSTATE);
		wire_add(&out, "inst", inst ? inst : "");
		wire_add(&out, "name", name ? name : "");
		wire_add(&out, "state", "failed");
		wire_add(&out, "reason", err);
		sink_send(&s->sink, &out, SINK_HIGH);
	}
}

/* Waits until @bytes are plugged and, unless the policy says otherwise, online. */
static void wait_plugged(struct session *s, uint64_t bytes)
{
	bool stays_offline = !strcmp(s->online_policy, "offline");
	uint64_t end = op_now_ns() + patient_ms(s, PLUG_DEADLINE_MS) * 1000000ULL;
	char wanted[24], seen[24];

	while (s->monitor && !atomic_load(&s->stop) && !atomic_load(&s->power_off)) {
		struct memblk_sums sums;

		block_monitor_look(s->monitor, s->run);
		sums = block_monitor_sums(s->monitor);
		if (sums.plugged_bytes >= bytes && (stays_offline || sums.online == sums.blocks))
			return;
		if (op_now_ns() > end) {
			snprintf(wanted, sizeof(wanted), "%llu", (unsigned long long)bytes);
			snprintf(seen, sizeof(seen), "%llu",
				 (unsigned long long)sums.plugged_bytes);
			sink_event(&s->sink, AGENT_EVENT_PLUG_TIMEOUT, "bytes", wanted, "seen",
				   seen);
			return;
		}
		nap_ms(TICK_MS);
	}
}

static void do_plug(struct session *s, const struct wire_msg *msg)
{
	const char *params = wire_get(msg, "params");
	uint64_t bytes = 0;
	int fd, ret;

	wire_get_u64(msg, "bytes", &bytes);
	say_phase(s, "plug");
	if (s->online_policy[0]) {
		fd = openat(s->root_fd, ONLINE_POLICY_FILE, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, s->online_policy, strlen(s->online_policy)) < 0)
			sink_event(&s->sink, AGENT_EVENT_ONLINE_POLICY_FAILED, "policy",
				   s->online_policy, "error", strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	if (!faccessat(s->root_fd, VIRTIO_MEM_MODULE, F_OK, 0)) {
		ret = boot_load_module(s->root_fd, VIRTIO_MEM_MODULE, params ? params : "");
		if (ret)
			sink_event(&s->sink, AGENT_EVENT_MODULE_FAILED, "path", VIRTIO_MEM_MODULE,
				   "error", strerror(-ret));
	}
	if (bytes && faccessat(s->root_fd, VIRTIO_MEM_DRIVER, F_OK, 0))
		sink_event(&s->sink, AGENT_EVENT_NO_DRIVER, NULL, NULL, NULL, NULL);
	else
		wait_plugged(s, bytes);
	say_mem(s);
}

/* Reports each increase of the number of OOM kills. */
static void watch_oom(struct session *s)
{
	int fd = openat(s->root_fd, "proc/vmstat", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd >= 0 ? read(fd, s->vmstat, sizeof(s->vmstat) - 1) : -1;
	unsigned long long kills;
	const char *line;
	char count[24];

	if (fd >= 0)
		close(fd);
	if (len <= 0)
		return;
	s->vmstat[len] = '\0';
	line = strstr(s->vmstat, "\noom_kill ");
	if (!line || sscanf(line, " oom_kill %llu", &kills) != 1 || kills == s->oom_kills)
		return;
	s->oom_kills = kills;
	snprintf(count, sizeof(count), "%llu", kills);
	sink_event(&s->sink, AGENT_EVENT_OOM_KILLED, "count", count, NULL, NULL);
}

static void beat(struct session *s)
{
	if (s->rec->head)
		__atomic_store_n(&s->rec->head->t_ns, op_now_ns(), __ATOMIC_RELAXED);
}

/* Waits while the ops run. Returns why the run ended. */
static const char *watch_run(struct session *s, uint64_t duration_ms, uint64_t warn_once_ms)
{
	int warn_once = openat(s->root_fd, WARN_ONCE_FILE, O_WRONLY | O_CLOEXEC);
	uint64_t start = op_now_ns(), report = start, cleared = start;
	const char *reason = "stop";

	while (!atomic_load(&s->stop) && !atomic_load(&s->power_off)) {
		uint64_t now = op_now_ns();

		if (duration_ms && now - start >= duration_ms * 1000000) {
			reason = "duration";
			break;
		}
		beat(s);
		op_run_watch(s->run);
		probe_watch(s->probe);
		if (now - report >= REPORT_NS) {
			report += REPORT_NS;
			op_run_count(s->run);
			probe_report(s->probe);
			say_mem(s);
			watch_oom(s);
		}
		if (warn_once >= 0 && warn_once_ms && now - cleared >= warn_once_ms * 1000000) {
			cleared = now;
			/* Not pwrite(): the file is not seekable. */
			if (write(warn_once, "1", 1) < 0)
				warn_once_ms = 0;
		}
		nap_ms(TICK_MS);
	}
	if (warn_once >= 0)
		close(warn_once);
	return reason;
}

static void say_done(struct session *s, const char *reason)
{
	struct wire_out out;
	unsigned int ops = 0;
	uint64_t steps = 0;
	char line[512];

	if (s->run)
		op_run_totals(s->run, &ops, &steps);
	wire_begin(&out, line, sizeof(line), WIRE_DONE);
	wire_add_u64(&out, "t_ns", op_now_ns());
	wire_add(&out, "reason", reason);
	wire_add_u64(&out, "ops", ops);
	wire_add_u64(&out, "steps", steps);
	wire_add_u64(&out, "kmsg_seq", kmsg_last_seq());
	sink_send(&s->sink, &out, SINK_HIGH);
}

static void do_go(struct session *s, const struct wire_msg *msg)
{
	uint64_t duration_ms = 0, warn_once_ms = 0;
	unsigned int started;
	const char *reason;
	bool looking;

	wire_get_u64(msg, "duration_ms", &duration_ms);
	wire_get_u64(msg, "warn_once_ms", &warn_once_ms);
	if (!s->run || s->went) {
		sink_log(&s->sink, s->run ? "a second go is ignored" : "go without a plan");
		return;
	}
	s->went = true;
	say_phase(s, "setup");
	/* Hammers first: walkers target the blocks that hammers have chosen. */
	op_run_setup(s->run, OP_HAMMER);
	if (s->monitor)
		block_monitor_look(s->monitor, s->run);
	op_run_setup(s->run, OP_WALKER);
	op_run_setup(s->run, OP_OBSERVER);
	s->probe = probe_new(&s->probe_plan, s->root_fd, s->run, &s->sink);
	say_phase(s, "run");
	started = op_run_start(s->run);
	atomic_store(&s->running, true);
	looking = s->monitor && block_monitor_start(s->monitor, s->run, s->removal);
	/* With nothing to run there is nothing to wait for. */
	reason = started ? watch_run(s, duration_ms, warn_once_ms) : "nothing-to-run";

	atomic_store(&s->running, false);
	say_phase(s, "stop");
	if (op_run_stop(s->run, patient_ms(s, STOP_DEADLINE_MS)))
		reason = "stuck";
	if (looking && !block_monitor_stop(s->monitor, patient_ms(s, STOP_DEADLINE_MS)))
		sink_event(&s->sink, AGENT_EVENT_STUCK, "op", "block-monitor", NULL, NULL);
	op_run_count(s->run);
	probe_end(s->probe);
	say_mem(s);
	say_phase(s, "end");
	if (!kmsg_catch_up(CATCH_UP_MS))
		sink_log(&s->sink, "the kernel's log is not read to its end yet");
	say_done(s, reason);
}

static void execute(struct session *s, char *line)
{
	struct wire_msg msg;

	if (wire_parse(line, strlen(line), 'h', &msg))
		return; /* cannot happen: session_line() has parsed it */
	switch (msg.verb) {
	case WIRE_PLAN:
		do_plan(s, &msg);
		break;
	case WIRE_PATIENCE:
		do_patience(s, &msg);
		break;
	case WIRE_MODULE:
		do_module(s, &msg);
		break;
	case WIRE_SET:
		do_set(s, &msg);
		break;
	case WIRE_OP:
		do_op(s, &msg);
		break;
	case WIRE_PLUG:
		do_plug(s, &msg);
		break;
	case WIRE_SYMBOLS:
		do_symbols(s, &msg);
		break;
	case WIRE_GO:
		do_go(s, &msg);
		break;
	default:
		break;
	}
}

struct session *session_new(int root_fd, const struct sink *sink, const struct recorder *rec)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->root_fd = root_fd;
	s->sink = *sink;
	s->rec = rec;
	s->patience = 100;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->queued, NULL);
	s->monitor = block_monitor_new(root_fd);
	if (!s->monitor)
		sink_log(sink, "this kernel has no memory hotplug");
	return s;
}

static void pong(struct session *s, const struct wire_msg *msg)
{
	const char *id = wire_get(msg, "id");
	struct wire_out out;
	char line[WIRE_LINE_MAX];

	wire_begin(&out, line, sizeof(line), WIRE_PONG);
	wire_add(&out, "id", id ? id : "");
	wire_add_u64(&out, "t_ns", op_now_ns());
	sink_send(&s->sink, &out, SINK_HIGH);
}

static void enqueue(struct session *s, char *copy)
{
	bool full;

	pthread_mutex_lock(&s->lock);
	full = s->count == COMMANDS_MAX;
	if (!full && copy)
		s->command[(s->first + s->count++) % COMMANDS_MAX] = copy;
	pthread_cond_signal(&s->queued);
	pthread_mutex_unlock(&s->lock);
	if (full) {
		free(copy);
		sink_log(&s->sink, "too many messages at once: one is lost");
	}
}

void session_line(struct session *s, char *line, size_t len)
{
	char *copy = strndup(line, len); /* wire_parse() modifies the line */
	struct wire_msg msg;

	if (!copy || strlen(copy) != len || wire_parse(line, len, 'h', &msg)) {
		sink_log(&s->sink, "malformed line of the host, %zu bytes: %.200s", len,
			 copy ? copy : "?");
		free(copy);
		return;
	}
	if (msg.verb == WIRE_PING) {
		pong(s, &msg);
		free(copy);
		return;
	}
	/* The queue is not processed while ops run. */
	if (msg.verb == WIRE_SET && atomic_load(&s->running)) {
		do_set(s, &msg);
		free(copy);
		return;
	}
	if (msg.verb == WIRE_STOP)
		atomic_store(&s->stop, true);
	if (msg.verb == WIRE_POWEROFF)
		atomic_store(&s->power_off, true);
	enqueue(s, copy);
}

void session_gone(struct session *s)
{
	atomic_store(&s->power_off, true);
	enqueue(s, NULL);
}

void session_serve(struct session *s)
{
	while (!atomic_load(&s->power_off)) {
		char *line = NULL;

		pthread_mutex_lock(&s->lock);
		while (!s->count && !atomic_load(&s->power_off))
			pthread_cond_wait(&s->queued, &s->lock);
		if (s->count) {
			line = s->command[s->first];
			s->first = (s->first + 1) % COMMANDS_MAX;
			s->count--;
		}
		pthread_mutex_unlock(&s->lock);
		if (line)
			execute(s, line);
		free(line);
	}
}
