/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent says. The guest may be corrupted: every number is checked, nothing is
 * believed that would change more than this boot's own result.
 */
#include "harness/boot/internal.h"
#include "harness/boot/stage.h"
#include "guest-agent/contract/op.h"

#include <string.h>

/* A guest in pieces may send garbage for ever; its evidence stays bounded. */
#define BAD_LINES_MAX 1000

/* What is larger was never counted, and what is reckoned with it would overflow. */
#define NUMBER_MAX (1ull << 53)

#define PLUGGED_STILL_US (2 * G_USEC_PER_SEC)

/* Counters are read one after the other while they rise. */
#define READ_APART 64
/* No offline gets as far as MEM_GOING_OFFLINE in less. */
#define OFFLINE_US 10

static guint64 number(const GuestMsg *msg, const char *key, guint64 fallback)
{
	uint64_t value;

	return guest_get_u64(msg, key, &value) == 0 && value <= NUMBER_MAX ? value : fallback;
}

static void wrong_count(Boot *boot, const char *wrong)
{
	if (boot->agent.wrong_counts++ < BAD_LINES_MAX)
		record_event(boot->record, HOST_EVENT_WRONG_COUNT, "text", wrong);
}

/* For how long the ops ran by the host's clock, and a second more. */
static guint64 run_us(const Boot *boot)
{
	return (guint64)MAX(boot->agent.heard_us - boot->agent.run_us, 0) + G_USEC_PER_SEC;
}

/* A window takes a microsecond and a visit a nanosecond, each at the very least. */
static gboolean is_wild_exposure(const Boot *boot, const GuestMsg *msg)
{
	guint64 visits = number(msg, "visits", 0), most_us = run_us(boot);

	return number(msg, "opened", 0) > most_us || visits / 1000 > most_us ||
	       number(msg, "longest_ns", 0) / 1000 >
		       most_us * BOOT_CLOCK_FAST + BOOT_CLOCK_FAST_S * G_USEC_PER_SEC ||
	       number(msg, "inside", 0) > visits + READ_APART ||
	       number(msg, "offline", 0) > visits + READ_APART;
}

static void on_exposure(Boot *boot, const GuestMsg *msg)
{
	g_autoptr(JsonObject) line = record_line(msg);

	if (guest_verb(msg) != WIRE_PROBE && boot->agent.go_ns < 0)
		return; /* nothing has run yet */
	if (is_wild_exposure(boot, msg))
		wrong_count(boot, "windows or visits that cannot be");
	else
		exposure_line(boot->agent.exposure, line);
}

static BootOp *op_of(Boot *boot, const GuestMsg *msg)
{
	guint64 inst = number(msg, "inst", G_MAXUINT64);

	return inst < boot->agent.op_count ? &boot->agent.ops[inst] : NULL;
}

static const char *op_name(const Boot *boot, const BootOp *op)
{
	return ((ScenarioOp *)g_ptr_array_index(boot->config.scenario->ops, op - boot->agent.ops))
		->name;
}

static void send_patience(Boot *boot)
{
	g_autofree char *line = g_strdup_printf("patience percent=%u\n", boot_patience(boot));

	boot_send_line(boot, line);
}

/* What another kernel does says nothing of this one. One of both may be told in short. */
static void check_release(Boot *boot, const char *release)
{
	const char *wanted = boot->config.kernel->release;

	if (!release || !wanted || g_str_has_prefix(wanted, release) ||
	    g_str_has_prefix(release, wanted))
		return;
	record_event(boot->record, HOST_EVENT_OTHER_KERNEL, "release", release);
}

static void on_hello(Boot *boot, const GuestMsg *msg)
{
	guint64 page = number(msg, "page_bytes", 0), block = number(msg, "block_bytes", 0);

	/* A second init is not ours, and what was given up is not taken up again. */
	if (boot->agent.hello &&
	    record_event_count(boot->record, HOST_EVENT_HELLO_AGAIN, NULL) < BAD_LINES_MAX)
		record_event(boot->record, HOST_EVENT_HELLO_AGAIN, NULL, NULL);
	if (boot->agent.hello || boot->life.now != BOOT_POWER_ON)
		return;
	boot->agent.hello = TRUE;
	boot->agent.hello_us = g_get_monotonic_time();
	boot->agent.hello_ns = (gint64)number(msg, "t_ns", 0);
	if (page >= 4096 && page <= 65536)
		boot->agent.page_bytes = page;
	if (block >= (1 << 20) && block <= (1ull << 36))
		boot->agent.block_bytes = block;
	if (number(msg, "proto", 0) != WIRE_PROTO) {
		boot_fail(boot, g_strdup_printf("the agent speaks protocol %" G_GUINT64_FORMAT
						", this pfnhunt %d: rebuild both",
						number(msg, "proto", 0), WIRE_PROTO));
		boot_end(boot, FALSE);
		return;
	}
	send_patience(boot);
	check_release(boot, guest_get(msg, "release"));
	for (guint i = 0; i < boot->plan->lines->len; i++)
		boot_send_line(boot, g_ptr_array_index(boot->plan->lines, i));
	boot_set_state(boot, BOOT_PLUG);
}

static void on_rec(Boot *boot, const GuestMsg *msg)
{
	guint64 first = number(msg, "first", REC_PAGES);
	const char *text = guest_get(msg, "pfns");
	g_auto(GStrv) pfns = g_strsplit(text ? text : "", ",", REC_PAGES + 1);

	for (guint i = 0; pfns[i] && first + i < REC_PAGES; i++) {
		guint64 pfn;

		if (!g_ascii_string_to_unsigned(pfns[i], 16, 1, G_MAXUINT64 >> 16, &pfn, NULL))
			return;
		if (boot->agent.rec_pfn[first + i] == 0)
			boot->agent.rec_known++;
		boot->agent.rec_pfn[first + i] = pfn;
	}
}

#define SYMBOLS_MAX  64
#define KERNEL_SPACE (1ull << 63)

static void on_symbol(Boot *boot, const GuestMsg *msg)
{
	const char *name = guest_get(msg, "name");
	uint64_t addr, end;

	if (!name || guest_get_u64(msg, "addr", &addr) || guest_get_u64(msg, "end", &end) ||
	    !(addr & KERNEL_SPACE) || end <= addr ||
	    g_hash_table_size(boot->agent.symbols) == SYMBOLS_MAX || boot->agent.go_ns >= 0)
		return;
	g_hash_table_insert(boot->agent.symbols, g_strdup(name),
			    g_memdup2(&(StageSymbol){addr, end}, sizeof(StageSymbol)));
}

static void on_opstate(Boot *boot, const GuestMsg *msg)
{
	BootOp *op = op_of(boot, msg);
	const char *state = guest_get(msg, "state"), *reason = guest_get(msg, "reason");

	if (!op || !state)
		return;
	/* "ended" comes after the counters and must not hide that it had been ready. */
	if (g_str_equal(state, "ended") && op->state) {
		gboolean asked = !reason || !*reason || g_str_equal(reason, "asked") ||
				 g_str_equal(reason, "duration");

		op->ended = TRUE;
		g_free(op->end);
		op->end = asked ? NULL : units_printable(reason);
		return;
	}
	g_free(op->state);
	op->state = g_strdup(state);
	g_free(op->reason);
	op->reason = reason && *reason ? units_printable(reason) : NULL;
}

/* A walker that was skipped did not do it. */
static void tell_walkers(Boot *boot)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < boot->agent.op_count; i++) {
		const ScenarioOp *op = g_ptr_array_index(boot->config.scenario->ops, i);

		if (!boot->agent.ops[i].hammer && g_strcmp0(boot->agent.ops[i].state, "ready") == 0)
			g_ptr_array_add(names, op->name);
	}
	g_ptr_array_add(names, NULL);
	triage_set_walkers(boot->splats.triage, (const char *const *)names->pdata);
}

static void on_phase(Boot *boot, const GuestMsg *msg)
{
	const char *name = guest_get(msg, "name");

	if (!name)
		return;
	if (!boot_is_hunting(boot) && g_str_equal(name, boot->plan->plug_bytes ? "plug" : "run")) {
		boot->agent.hotplug_ns = (gint64)number(msg, "t_ns", 0);
		boot_splats_hotplug(boot);
	}
	if (g_str_equal(name, "plug") && boot->life.now == BOOT_PLUG) {
		boot_send_line(boot, boot->plan->go);
		boot_set_state(boot, BOOT_RUN);
	} else if (g_str_equal(name, "run") && boot->agent.go_ns < 0) {
		boot->agent.go_ns = (gint64)number(msg, "t_ns", 0);
		boot->agent.run_us = boot->agent.heard_us;
		tell_walkers(boot);
		/* Resizes and the duration count from here, not from the go line. */
		boot_set_state(boot, boot->life.now);
	}
}

/* A step takes a nanosecond at the very least. */
static gboolean is_wild(const Boot *boot, const BootOp *now)
{
	return now->steps / 1000 > run_us(boot) || now->refused / 1000 > run_us(boot) ||
	       now->offlines > run_us(boot) / OFFLINE_US;
}

/* Why @now cannot be what comes after @op, or NULL. */
static const char *is_wrong_count(const Boot *boot, const BootOp *op, const BootOp *now)
{
	if (boot->agent.go_ns < 0)
		return "before the ops ran";
	if (g_strcmp0(op->state, "ready") != 0)
		return "of an op that was not ready";
	if (now->steps < op->steps || now->offlines < op->offlines ||
	    now->offlines_ok < op->offlines_ok || now->refused < op->refused)
		return "they went back";
	if (now->offlines_ok > now->offlines + READ_APART)
		return "more offlines succeeded than were tried";
	return is_wild(boot, now) ? "they are too large" : NULL;
}

static void on_count(Boot *boot, const GuestMsg *msg)
{
	BootOp *op = op_of(boot, msg);
	const BootOp now = {.steps = number(msg, "steps", 0),
			    .offlines = number(msg, "offlines", 0),
			    .offlines_ok = number(msg, "offlines_ok", 0),
			    .refused = number(msg, "refused", 0)};
	const char *wrong;

	if (!op)
		return;
	wrong = g_strcmp0(guest_get(msg, "name"), op_name(boot, op)) != 0
			? "of an op that the plan does not have there"
			: is_wrong_count(boot, op, &now);
	if (wrong) {
		wrong_count(boot, wrong);
		return;
	}
	if (op->counts++ == 0)
		op->first_steps = now.steps;
	op->counted_us = boot->agent.heard_us;
	if (now.steps > op->steps)
		op->rose_us = op->counted_us;
	op->steps = now.steps;
	op->offlines = now.offlines;
	op->offlines_ok = now.offlines_ok;
	op->refused = now.refused;
	boot->agent.last_ns = MAX(boot->agent.last_ns, (gint64)number(msg, "t_ns", 0));
}

/*
 * What the guest uses beyond what is plugged is memory that the hypervisor has taken back. Only
 * when nothing was on its way: the size has stood still, and no block was unseen.
 */
static void compare_plugged(Boot *boot, const GuestMsg *msg)
{
	guint64 pages = number(msg, "plugged_pages", 0);
	g_autofree char *line = NULL;

	/* A DIMM is no virtio-mem device, and the guest's blocks are of both. */
	if (number(msg, "unread_blocks", 1) != 0 || boot->memory.plugging ||
	    boot->config.scenario->dimm_count ||
	    boot->agent.heard_us - boot->memory.plugged_us < PLUGGED_STILL_US ||
	    pages > G_MAXUINT64 / boot->agent.page_bytes ||
	    pages * boot->agent.page_bytes <= boot->memory.plugged_bytes)
		return;
	line = g_strdup_printf("pfnhunt: silent: more used than plugged: %" G_GUINT64_FORMAT
			       " bytes are plugged, the guest uses %" G_GUINT64_FORMAT,
			       boot->memory.plugged_bytes, pages * boot->agent.page_bytes);
	record_event(boot->record, HOST_EVENT_SILENT, "text", line);
	triage_feed(boot->splats.triage, TRIAGE_KMSG, line, strlen(line),
		    (gint64)number(msg, "t_ns", 0) / 1000, boot->agent.heard_us);
}

/* Counts it; of the first one the keys are kept. */
static enum agent_event take_event(Boot *boot, const GuestMsg *msg, const char *name)
{
	enum agent_event e = impairment_agent_event(name);
	g_autoptr(GString) detail = g_string_new(NULL);

	if (e == AGENT_EVENT_COUNT) {
		if (boot->agent.unknown_events++ < BAD_LINES_MAX)
			record_event(boot->record, HOST_EVENT_UNKNOWN_EVENT, "name", name);
		return e;
	}
	if (boot->agent.events[e]++)
		return e;
	for (guint i = 0; guest_key(msg, i); i++)
		if (!g_str_equal(guest_key(msg, i), "t_ns") &&
		    !g_str_equal(guest_key(msg, i), "inst") &&
		    !g_str_equal(guest_key(msg, i), "name"))
			g_string_append_printf(detail, "%s%s %s", detail->len ? ", " : "",
					       guest_key(msg, i), guest_value(msg, i));
	boot->agent.event_detail[e] = units_printable(detail->str);
	return e;
}

/* The first op that does not come back. @how: for the signature. @what: (transfer full) */
static void never_ends(Boot *boot, const BootOp *op, const char *how, char *what)
{
	const char *name = op ? op_name(boot, op) : "an op";

	boot->agent.endless = g_strdup_printf("%s%s", name, what);
	boot->agent.endless_signature =
		g_strdup_printf("hang:%s:%s", how, op ? op_name(boot, op) : "unknown");
	g_free(what);
}

static void on_event(Boot *boot, const GuestMsg *msg)
{
	const char *name = guest_get(msg, "name");
	BootOp *op = op_of(boot, msg);
	enum agent_event event = take_event(boot, msg, name ? name : "");

	if (event == AGENT_EVENT_CENSUS)
		compare_plugged(boot, msg);
	if (event == AGENT_EVENT_NO_DRIVER && boot->agent.go_ns < 0) {
		boot_fail(boot,
			  g_strdup("the kernel has no driver of virtio-mem: pass the folder of "
				   "its modules (--modules DIR), or a kernel with "
				   "CONFIG_VIRTIO_MEM"));
		boot_end(boot, FALSE);
		return;
	}
	if (boot->agent.endless)
		return;
	if (event == AGENT_EVENT_OFFLINE_OVERDUE)
		never_ends(boot, op, "endless-offline",
			   g_strdup_printf(": the offline of memory%" G_GUINT64_FORMAT
					   " was still at it after %" G_GUINT64_FORMAT
					   " ms and ended by a signal",
					   number(msg, "block", 0), number(msg, "ms", 0)));
	else if (event == AGENT_EVENT_STUCK)
		never_ends(boot, op, "stuck", g_strdup(" is stuck in the kernel"));
}

/* Evidence of a whole run only where it fits with all else that is known. */
static void on_done(Boot *boot, const GuestMsg *msg)
{
	BootAgent *agent = &boot->agent;
	const char *reason = guest_get(msg, "reason");
	g_autofree char *unfit = NULL;

	if (agent->done)
		return;
	if (agent->go_ns < 0 && boot->life.now <= BOOT_STOPPING) {
		record_event(boot->record, HOST_EVENT_DONE_UNFIT, "text",
			     "it came before the ops ran");
		boot_fail(boot,
			  g_strdup("the end-of-run line does not fit: it came before the ops ran"));
		boot_end(boot, FALSE);
		return;
	}
	agent->done = TRUE;
	agent->stopped = g_strcmp0(reason, "stop") == 0;
	agent->done_ops = number(msg, "ops", 0);
	agent->done_steps = number(msg, "steps", 0);
	if (number(msg, "kmsg_seq", 0) > agent->kmsg_seq)
		record_event(boot->record, HOST_EVENT_KMSG_MISSED, NULL, NULL);
	if (boot->machine.shut_down)
		record_event(boot->record, HOST_EVENT_SHUT_DOWN, NULL, NULL);
	unfit = boot_done_unfit(boot, msg, reason);
	if (unfit)
		record_event(boot->record, HOST_EVENT_DONE_UNFIT, "text", unfit);
	else
		agent->last_ns = MAX(agent->last_ns, (gint64)number(msg, "t_ns", 0));
	/* A guest that has splatted may not get through its own shutdown. */
	if (boot->life.now == BOOT_RUN || boot->life.now == BOOT_STOPPING)
		boot_end(boot, !boot->splats.first_us);
}

static void on_message(Boot *boot, const GuestMsg *msg)
{
	const char *text;

	record_message(boot->record, msg);
	boot->agent.heard_us = g_get_monotonic_time();
	switch (guest_verb(msg)) {
	case WIRE_HELLO:
		on_hello(boot, msg);
		break;
	case WIRE_REC:
		on_rec(boot, msg);
		break;
	case WIRE_SYMBOL:
		on_symbol(boot, msg);
		break;
	case WIRE_OPSTATE:
		on_opstate(boot, msg);
		break;
	case WIRE_PHASE:
		on_phase(boot, msg);
		break;
	case WIRE_COUNT:
		on_count(boot, msg);
		break;
	case WIRE_PROBE:
	case WIRE_WINDOW:
	case WIRE_VISIT:
		on_exposure(boot, msg);
		break;
	case WIRE_EVENT:
		on_event(boot, msg);
		break;
	case WIRE_KMSG:
		boot->agent.kmsg_seq = MAX(boot->agent.kmsg_seq, number(msg, "seq", 0));
		text = guest_log(msg);
		if (text)
			boot_splats_feed(boot, TRIAGE_KMSG, text, strlen(text),
					 (gint64)number(msg, "t_us", 0), boot->agent.heard_us);
		break;
	case WIRE_DONE:
		on_done(boot, msg);
		break;
	default: /* cap, mem, pong, log: recorded, and that is all */
		break;
	}
}

void boot_agent_bytes(Boot *boot, const char *data, gsize len)
{
	char *line;
	gsize line_len;

	while (boot->life.now < BOOT_OVER &&
	       (line = wire_reader_feed(&boot->agent.reader, &data, &len, &line_len))) {
		struct wire_msg msg;
		g_autofree char *kept = g_strndup(line, MIN(line_len, 200));
		int err = wire_parse(line, line_len, 'g', &msg);

		if (err == 0)
			on_message(boot, guest_gate(&msg));
		else if (boot->agent.bad_lines++ < BAD_LINES_MAX)
			record_event(boot->record, HOST_EVENT_BAD_LINE, "text", kept);
	}
}

void boot_agent_init(Boot *boot)
{
	const GPtrArray *ops = boot->config.scenario->ops;
	BootAgent *agent = &boot->agent;

	agent->hotplug_ns = agent->go_ns = -1;
	agent->page_bytes = 4096;
	agent->block_bytes = 128ull << 20;
	agent->exposure = exposure_new();
	agent->symbols = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	agent->op_count = ops->len;
	agent->ops = g_new0(BootOp, MAX(ops->len, 1));
	for (guint i = 0; i < ops->len; i++) {
		const ScenarioOp *op = g_ptr_array_index(ops, i);

		agent->ops[i].hammer = op_find(op->name)->kind == OP_HAMMER;
	}
}

Exposure *boot_agent_take_exposure(Boot *boot)
{
	return g_steal_pointer(&boot->agent.exposure);
}

void boot_agent_clear(Boot *boot)
{
	for (guint i = 0; i < boot->agent.op_count; i++) {
		g_free(boot->agent.ops[i].state);
		g_free(boot->agent.ops[i].reason);
		g_free(boot->agent.ops[i].end);
	}
	g_free(boot->agent.ops);
	for (guint e = 0; e < AGENT_EVENT_COUNT; e++)
		g_free(boot->agent.event_detail[e]);
	g_free(boot->agent.endless);
	g_free(boot->agent.endless_signature);
	exposure_free(boot->agent.exposure);
	g_clear_pointer(&boot->agent.symbols, g_hash_table_unref);
}
