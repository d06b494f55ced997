/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See boot.h: the life of a boot, as a state machine on one 100 ms tick and the VM's callbacks. */
#include "harness/boot/internal.h"
#include "host-driver/base/json.h"
#include "guest-agent/contract/op.h"
#include "host-driver/base/error.h"

#include <inttypes.h>
#include <string.h>
#include <sys/wait.h>

#define TICK_MS	  100
#define PING_US	  1000000
#define MEMORY_US 500000

/* The clock of the boot starts with the guest, not with what its host needs before. */
static void on_running(Vm *vm, gpointer user)
{
	Boot *boot = user;

	boot->machine.launching = FALSE;
	boot->machine.started_us = boot->tick.progress_us = g_get_monotonic_time();
	boot_set_state(boot, boot->life.now);
	boot_threads_find(boot);
}

static void on_console(Vm *vm, const char *data, gsize len, gpointer user)
{
	Boot *boot = user;

	record_console(boot->record, data, len);
	boot->machine.console_us = g_get_monotonic_time();
	if (!boot->machine.console_bytes)
		boot->machine.first_byte_us = boot->machine.console_us;
	boot->machine.console_bytes += len;
	boot_splats_feed(boot, TRIAGE_CONSOLE, data, len, -1, boot->machine.console_us);
	if (boot->life.last_words)
		triage_feed(boot->life.last_words, TRIAGE_CONSOLE, data, len, -1,
			    boot->machine.console_us);
}

static void on_agent(Vm *vm, const char *data, gsize len, gpointer user)
{
	boot_agent_bytes(user, data, len);
}

/* Nothing can be asked of the machine any more: what is known of it by now is all. */
static void host_lost(Boot *boot, JsonObject *data)
{
	g_autofree char *words = units_printable(rj_text(data, "reason", ""));

	boot->machine.lost = TRUE;
	boot_fail(boot, g_strdup_printf("%s went away%s%s", boot->config.backend->text,
					*words ? ": " : "", words));
	boot_end(boot, FALSE);
}

static void on_vm_event(Vm *vm, const char *name, JsonObject *data, gpointer user)
{
	Boot *boot = user;
	gboolean stub = boot->config.scenario->choreography->stands->len > 0;
	JsonObject *o;

	/* With a gdb stub the machine is stopped and goes on all the time. */
	if (stub && (g_str_equal(name, "STOP") || g_str_equal(name, "RESUME")))
		return;
	o = json_object_new();
	rj_set_text(o, "host", impairment_of_host(HOST_EVENT_VM_EVENT)->name);
	rj_set_text(o, "name", name);
	if (data)
		json_object_set_object_member(o, "data", json_object_ref(data));
	record_json(boot->record, RECORD_EVENTS, o);
	if (g_str_equal(name, VM_EVENT_HOST_LOST) && boot->life.now < BOOT_ENDING) {
		host_lost(boot, data);
		return;
	}
	boot_dimm_event(boot, name, data);
	if (g_str_equal(name, "STOP") || g_str_equal(name, "RESUME"))
		boot->machine.paused = g_str_equal(name, "STOP");
	/* Never by us; what came after it was not what was set up. */
	if (g_str_equal(name, "RESET") && boot->agent.hello && boot->life.now <= BOOT_STOPPING &&
	    !record_event_count(boot->record, HOST_EVENT_RESET, NULL))
		record_event(boot->record, HOST_EVENT_RESET, NULL, NULL);
	boot->machine.shut_down |= g_str_equal(name, "SHUTDOWN");
	/* With -no-reboot a triple fault looks like this from outside; a panic has said more. */
	if (g_str_equal(name, "SHUTDOWN") && data && !boot->agent.done &&
	    boot->life.now < BOOT_UNRESPONSIVE && rj_bool(data, "guest") &&
	    g_str_equal(rj_text(data, "reason", ""), "guest-reset") && !boot->machine.exited) {
		boot->machine.reset = TRUE;
		boot->machine.exited =
			g_strdup("the guest reset itself, a triple fault or a reboot");
	}
	/* The console has the words; the machine is paused, so its memory can be read. */
	if ((g_str_equal(name, "GUEST_PANICKED") || g_str_equal(name, "GUEST_CRASHLOADED")) &&
	    boot->life.now < BOOT_UNRESPONSIVE) {
		boot->machine.saw_panic = TRUE;
		boot_become_unresponsive(boot, FALSE);
	}
}

static void on_transcript(Vm *vm, char direction, const char *line, gpointer user)
{
	record_qmp(((Boot *)user)->record, direction, line);
}

static void over(Boot *boot)
{
	BootResult *result;
	g_autofree char *dropped = g_strdup_printf("%" PRIu64, boot->agent.reader.dropped);

	if (boot->agent.reader.dropped)
		record_event(boot->record, HOST_EVENT_LONG_LINES_DROPPED, "count", dropped);
	g_clear_handle_id(&boot->tick.id, g_source_remove);
	boot_acts_stop(boot);
	boot_set_state(boot, BOOT_OVER);
	boot_splats_finish(boot);
	result = boot_judge(boot);
	boot->listener->over(boot, result, boot->user);
}

static void on_exited(Vm *vm, int wait_status, const char *detail, gpointer user)
{
	Boot *boot = user;
	g_autofree char *words = units_printable(detail);
	g_autofree char *how = NULL;

	boot->machine.running = FALSE;
	if (WIFSIGNALED(wait_status))
		how = g_strdup_printf("killed by signal %d%s%s", WTERMSIG(wait_status),
				      *words ? ": " : "", words);
	else
		how = g_strdup_printf("exit status %d%s%s", WEXITSTATUS(wait_status),
				      *words ? ": " : "", words);
	record_event(boot->record, HOST_EVENT_EXITED, "how", how);
	if (boot->life.now < BOOT_UNRESPONSIVE && !boot->agent.done) {
		if (!boot->machine.exited)
			boot->machine.exited = g_steal_pointer(&how);
		/* A QEMU that never ran the guest complained about its arguments or the host. */
		if (boot->machine.console_bytes == 0 && !boot->agent.hello && *words)
			boot_fail(boot, g_strdup(words));
	}
	over(boot);
}

static const VmListener vm_listener = {
	.running = on_running,
	.console = on_console,
	.agent = on_agent,
	.event = on_vm_event,
	.transcript = on_transcript,
	.exited = on_exited,
};

static void ping(Boot *boot, gint64 now)
{
	char line[64];

	if (now - boot->tick.pinged_us < PING_US || !boot->agent.hello ||
	    boot->life.now > BOOT_STOPPING)
		return;
	boot->tick.pinged_us = now;
	g_snprintf(line, sizeof(line), "ping id=%" G_GUINT64_FORMAT "\n", ++boot->tick.ping_id);
	boot_send_line(boot, line);
}

static void show_progress(Boot *boot, gint64 now)
{
	static const char *const names[] = {"booting", "plugging", "running", "stopping",
					    "dead",    "ending",   "over"};
	BootProgress p = {.phase = names[boot->life.now],
			  .elapsed_s = (now - boot->machine.started_us) / 1e6,
			  .hits = boot->splats.count};

	if (now - boot->tick.progress_us < 1000000 || !boot->listener->progress)
		return;
	for (guint i = 0; i < boot->agent.op_count; i++)
		p.offlines += boot->agent.ops[i].offlines;
	p.offlines_per_s = (double)(p.offlines - boot->tick.progress_offlines) * 1e6 /
			   (double)(now - boot->tick.progress_us);
	p.inside = exposure_inside(boot->agent.exposure, NULL, NULL);
	boot->tick.progress_us = now;
	boot->tick.progress_offlines = p.offlines;
	boot->listener->progress(&p, boot->user);
}

static gboolean tick(gpointer user)
{
	Boot *boot = user;
	gint64 now = g_get_monotonic_time();

	boot_splats_settle(boot, now);
	boot_threads_look(boot, now);
	boot_acts_look(boot, now);
	if (record_error(boot->record) && !boot->life.infra) {
		boot_fail(boot, g_strdup(record_error(boot->record)->message));
		boot_end(boot, FALSE);
	}
	if (boot->life.now == BOOT_RUN)
		boot_acts_run(boot);
	ping(boot, now);
	if (now - boot->memory.asked_us > MEMORY_US && boot->life.now < BOOT_UNRESPONSIVE)
		boot_ask_memory(boot);
	show_progress(boot, now);
	boot_check_deadlines(boot, now);
	return G_SOURCE_CONTINUE;
}

/* The plan, the command line and what else is known before power-on. */
static gboolean record_start(Boot *boot, const VmConfig *vm, GError **error)
{
	const BootConfig *c = &boot->config;
	g_auto(GStrv) argv = c->backend->ops->argv(vm, error);
	g_autofree char *plan = NULL;

	if (!argv)
		return FALSE;
	plan = plan_to_text(c->scenario, c->seed, c->modules, c->boot_module_count, 20);
	record_file(boot->record, "scenario.ini", c->scenario->text, strlen(c->scenario->text));
	record_file(boot->record, "plan.txt", plan, strlen(plan));
	return boot_write_start(boot, argv);
}

Boot *boot_start(const BootConfig *config, const BootListener *listener, gpointer user,
		 GError **error)
{
	Boot *boot = g_new0(Boot, 1);
	g_autoptr(VmConfig) vm = NULL;

	if (config->scenario->dimm_count && !config->backend->ops->dimm_plug) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s: [dimm]: the backend %s cannot plug DIMMs; qemu can",
			    config->scenario->path, config->backend->text);
		g_free(boot);
		return NULL;
	}
	boot->config = *config;
	boot->config.dir = boot->copies.dir = g_strdup(config->dir);
	boot->config.name = boot->copies.name = g_strdup(config->name);
	boot->config.initrd_path = boot->copies.initrd_path = g_strdup(config->initrd_path);
	boot->config.moved_from = boot->copies.moved_from = g_strdup(config->moved_from);
	boot->listener = listener;
	boot->user = user;
	boot->memory.known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	boot_agent_init(boot);
	boot->plan = plan_new(config->scenario, config->seed, config->modules,
			      config->boot_module_count);
	vm = boot_vm_config(config);
	boot->record = record_new(config->dir, error);
	boot_splats_init(boot);
	if (boot->record && record_start(boot, vm, error))
		boot->machine.vm = config->backend->ops->create(vm, error);
	boot->machine.started_us = boot->tick.progress_us = g_get_monotonic_time();
	if (!boot->machine.vm ||
	    !config->backend->ops->start(boot->machine.vm, &vm_listener, boot, error)) {
		if (boot->record && record_error(boot->record) && error && !*error)
			*error = g_error_copy(record_error(boot->record));
		boot_free(boot);
		return NULL;
	}
	boot->machine.running = TRUE;
	boot->machine.launching = config->backend->ops->slow_start;
	boot_set_state(boot, BOOT_POWER_ON);
	if (!boot->machine.launching)
		boot_threads_find(boot);
	boot->tick.id = g_timeout_add(TICK_MS, tick, boot);
	return boot;
}

void boot_free(Boot *boot)
{
	if (!boot)
		return;
	g_clear_handle_id(&boot->tick.id, g_source_remove);
	boot_acts_stop(boot);
	if (boot->machine.vm)
		boot->machine.vm->ops->free(
			boot->machine.vm); /* first of all: it may not call any more */
	boot_agent_clear(boot);
	boot_state_clear(boot);
	boot_recorder_clear(boot);
	boot_threads_clear(boot);
	boot_acts_clear(boot);
	boot_splats_clear(boot);
	g_clear_pointer(&boot->record, record_free);
	g_clear_pointer(&boot->plan, plan_free);
	g_clear_pointer(&boot->memory.known, g_hash_table_unref);
	g_free(boot->memory.error);
	g_free(boot->machine.exited);
	g_free(boot->copies.dir);
	g_free(boot->copies.name);
	g_free(boot->copies.initrd_path);
	g_free(boot->copies.moved_from);
	g_free(boot);
}
