/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See fake.h. All that is to happen stands in one queue, sorted by time; one source of the
 * main context takes the next entry each time it runs and touches nothing after the callback,
 * so that a callback may free the machine.
 */
#include "host-driver/base/json.h"
#include "host-driver/fake/fake.h"
#include "host-driver/base/error.h"
#include "host-driver/fake/internal.h"

#include <string.h>
#include <sys/wait.h>

#define PLUG_DELAY_US  20000
#define REPLY_DELAY_US 1000
#define READ_MAX_BYTES (1u << 20)

typedef struct {
	Vm vm;
	VmListener listener;
	gpointer user;
	GPtrArray *script;  /* of FakeAction */
	GPtrArray *devices; /* of VmMemDevice */
	guint64 *plugged_bytes;
	GQueue queue; /* of FakeAction, by due_us, equal ones in the order of their coming */
	GSource *source;
	GBytes *memory;
	GString *rx; /* from the host, up to the next newline */
	gboolean no_plug, refuse, stopping, ending;
} VmFake;

static GMutex script_lock;
static char *script_text;
static GHashTable *host_scripts; /* uri -> text */
static GArray *script_threads;	 /* of pid_t */
static GBytes *script_memory;

void vm_fake_set_script(const char *script)
{
	g_mutex_lock(&script_lock);
	g_free(script_text);
	script_text = g_strdup(script);
	g_mutex_unlock(&script_lock);
}

void vm_fake_set_host_script(const char *uri, const char *script)
{
	g_mutex_lock(&script_lock);
	if (!host_scripts)
		host_scripts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (script)
		g_hash_table_insert(host_scripts, g_strdup(uri), g_strdup(script));
	else
		g_hash_table_remove(host_scripts, uri);
	g_mutex_unlock(&script_lock);
}

void vm_fake_set_threads(const pid_t *tids, unsigned int count)
{
	g_mutex_lock(&script_lock);
	if (!script_threads)
		script_threads = g_array_new(FALSE, FALSE, sizeof(pid_t));
	g_array_set_size(script_threads, 0);
	g_array_append_vals(script_threads, tids, count);
	g_mutex_unlock(&script_lock);
}

void vm_fake_set_memory(const void *bytes, unsigned int len)
{
	g_mutex_lock(&script_lock);
	g_clear_pointer(&script_memory, g_bytes_unref);
	script_memory = g_bytes_new(bytes, len);
	g_mutex_unlock(&script_lock);
}

/* Wakes the source when the first of the queue is due. */
static void arm(VmFake *fake)
{
	FakeAction *first = g_queue_peek_head(&fake->queue);

	if (fake->source)
		g_source_set_ready_time(fake->source, first ? first->due_us : -1);
}

static void enqueue_at(VmFake *fake, FakeAction *action, gint64 due_us)
{
	GList *l = fake->queue.tail;

	action->due_us = due_us;
	while (l && ((FakeAction *)l->data)->due_us > action->due_us)
		l = l->prev;
	if (l)
		g_queue_insert_after(&fake->queue, l, action);
	else
		g_queue_push_head(&fake->queue, action);
	arm(fake);
}

static void enqueue(VmFake *fake, FakeAction *action, gint64 delay_us)
{
	enqueue_at(fake, action, g_get_monotonic_time() + delay_us);
}

/* Queues what @trigger starts (NULL: the start of the machine). */
static void fire(VmFake *fake, const char *trigger)
{
	for (guint i = 0; i < fake->script->len; i++) {
		FakeAction *step = g_ptr_array_index(fake->script, i), *action;

		if (g_strcmp0(step->trigger, trigger) != 0)
			continue;
		action = fake_action_new(step->kind, NULL);
		g_string_append_len(action->text, step->text->str, (gssize)step->text->len);
		enqueue(fake, action, step->delay_us);
	}
}

static void enqueue_plug(VmFake *fake, guint device)
{
	const VmMemDevice *dev = g_ptr_array_index(fake->devices, device);
	FakeAction *action;

	if (fake->no_plug || fake->ending)
		return;
	action = fake_action_new(FAKE_PLUG, NULL);
	action->device = device;
	action->size_bytes = dev->requested_bytes;
	enqueue(fake, action, PLUG_DELAY_US);
}

static void fail_reply(FakeReply *reply)
{
	g_clear_error(&reply->error);
	reply->error = g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "the fake machine is gone");
}

static void enqueue_reply(VmFake *fake, FakeReply reply)
{
	FakeAction *action = fake_action_new(FAKE_REPLY, NULL);

	action->reply = reply;
	if (fake->ending) {
		fail_reply(&action->reply);
		enqueue_at(fake, action, 0); /* before the exit that waits */
	} else {
		enqueue(fake, action, REPLY_DELAY_US);
	}
}

static void send_event(VmFake *fake, const char *name, JsonObject *data)
{
	if (fake->listener.event)
		fake->listener.event(&fake->vm, name, data, fake->user);
}

/* "NAME" or "NAME {json}". */
static void run_event(VmFake *fake, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 2);
	g_autoptr(JsonNode) node = words[0] && words[1] ? json_from_string(words[1], NULL) : NULL;

	send_event(fake, words[0] ? words[0] : "",
		   node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL);
}

static void run_plug(VmFake *fake, const FakeAction *action)
{
	const VmMemDevice *dev = g_ptr_array_index(fake->devices, action->device);
	g_autoptr(JsonObject) data = json_object_new();

	fake->plugged_bytes[action->device] = action->size_bytes;
	rj_set_text(data, "id", dev->id);
	json_object_set_int_member(data, "size", (gint64)action->size_bytes);
	send_event(fake, "MEMORY_DEVICE_SIZE_CHANGE", data);
}

static void run_threads(VmFake *fake, const FakeReply *reply)
{
	g_autoptr(GError) none =
		g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "the fake machine has no threads");
	g_autofree pid_t *tids = NULL;
	guint count = 0;

	g_mutex_lock(&script_lock);
	if (script_threads && !reply->error) {
		count = script_threads->len;
		tids = g_memdup2(script_threads->data, count * sizeof(pid_t));
	}
	g_mutex_unlock(&script_lock);
	reply->threads(&fake->vm, tids, count,
		       reply->error ? reply->error
		       : count	    ? NULL
				    : none,
		       reply->user);
}

static void run_reply(VmFake *fake, const FakeReply *reply)
{
	if (reply->done) {
		reply->done(&fake->vm, reply->error, reply->user);
	} else if (reply->memory) {
		guint n = reply->error ? 0 : fake->devices->len;
		g_autofree VmMemState *states = g_new0(VmMemState, n + 1);

		for (guint i = 0; i < n; i++) {
			const VmMemDevice *dev = g_ptr_array_index(fake->devices, i);

			states[i] =
				(VmMemState){dev->id, dev->requested_bytes, fake->plugged_bytes[i]};
		}
		reply->memory(&fake->vm, states, n, reply->error, reply->user);
	} else if (reply->read) {
		g_autofree guint8 *bytes = reply->error ? NULL : g_malloc0(reply->read_len);
		g_autoptr(GBytes) answer = NULL;
		gsize have;
		const void *memory = g_bytes_get_data(fake->memory, &have);

		if (have && bytes)
			memcpy(bytes, memory, MIN(have, reply->read_len));
		if (bytes)
			answer = g_bytes_new(bytes, reply->read_len);
		reply->read(&fake->vm, answer, reply->error, reply->user);
	} else if (reply->threads) {
		run_threads(fake, reply);
	}
}

/*
 * The first time: forget the script, fail what was asked, and come again after the answers.
 * The second time: gone.
 */
static void run_exit(VmFake *fake, const char *status)
{
	GQueue kept = G_QUEUE_INIT;
	FakeAction *action;

	if (fake->ending) {
		fake->listener.exited(&fake->vm, W_EXITCODE(atoi(status), 0), "", fake->user);
		return;
	}
	fake->ending = TRUE;
	while ((action = g_queue_pop_head(&fake->queue))) {
		if (action->kind != FAKE_REPLY) {
			fake_action_free(action);
			continue;
		}
		fail_reply(&action->reply);
		action->due_us = 0;
		g_queue_push_tail(&kept, action);
	}
	fake->queue = kept;
	enqueue(fake, fake_action_new(FAKE_EXIT, status), 0);
}

static gboolean run_next(gpointer user)
{
	VmFake *fake = user;
	FakeAction *action = g_queue_pop_head(&fake->queue);

	arm(fake);
	if (!action)
		return G_SOURCE_CONTINUE;
	switch (action->kind) {
	case FAKE_CONSOLE:
		if (fake->listener.console)
			fake->listener.console(&fake->vm, action->text->str, action->text->len,
					       fake->user);
		break;
	case FAKE_AGENT:
		g_string_append_c(action->text, '\n');
		if (fake->listener.agent)
			fake->listener.agent(&fake->vm, action->text->str, action->text->len,
					     fake->user);
		break;
	case FAKE_EVENT:
		run_event(fake, action->text->str);
		break;
	case FAKE_EXIT:
		run_exit(fake, action->text->str);
		break;
	case FAKE_PLUG:
		run_plug(fake, action);
		break;
	case FAKE_REPLY:
		run_reply(fake, &action->reply);
		break;
	}
	fake_action_free(action);
	return G_SOURCE_CONTINUE;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	return callback(user);
}

static GSourceFuncs source_funcs = {.dispatch = dispatch};

static char **fake_argv(const VmConfig *config, GError **error)
{
	g_autoptr(GStrvBuilder) argv = g_strv_builder_new();
	g_autofree char *kernel = g_strdup_printf("kernel=%s", config->kernel_path);
	g_autofree char *cmdline = g_strdup_printf("cmdline=%s", config->cmdline);

	g_strv_builder_add_many(argv, "fake-machine", config->name ? config->name : "", kernel,
				cmdline, NULL);
	return g_strv_builder_end(argv);
}

static void fake_free(Vm *vm)
{
	VmFake *fake = (VmFake *)vm;

	if (!fake)
		return;
	if (fake->source) {
		g_source_destroy(fake->source);
		g_source_unref(fake->source);
	}
	g_queue_clear_full(&fake->queue, (GDestroyNotify)fake_action_free);
	g_ptr_array_unref(fake->script);
	g_ptr_array_unref(fake->devices);
	g_free(fake->plugged_bytes);
	g_bytes_unref(fake->memory);
	g_string_free(fake->rx, TRUE);
	g_free(fake);
}

static Vm *fake_create(const VmConfig *config, GError **error)
{
	VmFake *fake = g_new0(VmFake, 1);
	g_autofree char *script = NULL;

	g_mutex_lock(&script_lock);
	if (config->uri && host_scripts)
		script = g_strdup(g_hash_table_lookup(host_scripts, config->uri));
	if (!script)
		script = g_strdup(script_text ? script_text : "");
	fake->memory = script_memory ? g_bytes_ref(script_memory) : g_bytes_new(NULL, 0);
	g_mutex_unlock(&script_lock);
	fake->vm.ops = &vm_fake_ops;
	fake->rx = g_string_new(NULL);
	fake->script = g_ptr_array_new_with_free_func((GDestroyNotify)fake_action_free);
	fake->devices = vm_mem_devices_copy(config->mem_devices);
	fake->plugged_bytes = g_new0(guint64, config->mem_devices->len + 1);
	if (!fake_script_parse(script, fake->script, &fake->no_plug, &fake->refuse, error)) {
		fake_free(&fake->vm);
		return NULL;
	}
	return &fake->vm;
}

static gboolean fake_start(Vm *vm, const VmListener *listener, gpointer user, GError **error)
{
	VmFake *fake = (VmFake *)vm;

	if (fake->refuse) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "the fake machine does not start");
		return FALSE;
	}
	fake->listener = *listener;
	fake->user = user;
	fake->source = g_source_new(&source_funcs, sizeof(GSource));
	g_source_set_callback(fake->source, run_next, fake, NULL);
	g_source_attach(fake->source, g_main_context_get_thread_default());
	fire(fake, NULL);
	for (guint i = 0; i < fake->devices->len; i++)
		enqueue_plug(fake, i);
	return TRUE;
}

static gboolean fake_send(Vm *vm, const char *data, gsize len)
{
	VmFake *fake = (VmFake *)vm;
	char *end;

	if (fake->ending)
		return FALSE;
	g_string_append_len(fake->rx, data, (gssize)len);
	while ((end = memchr(fake->rx->str, '\n', fake->rx->len))) {
		g_autofree char *verb = g_strndup(fake->rx->str, strcspn(fake->rx->str, " \n"));

		g_string_erase(fake->rx, 0, end - fake->rx->str + 1);
		fire(fake, verb);
	}
	return TRUE;
}

static void tell_transcript(VmFake *fake, char direction, const char *line)
{
	if (fake->listener.transcript)
		fake->listener.transcript(&fake->vm, direction, line, fake->user);
}

static void fake_resize(Vm *vm, const char *device, guint64 requested_bytes, VmDone done,
			gpointer user)
{
	VmFake *fake = (VmFake *)vm;
	FakeReply reply = {.done = done, .user = user};
	g_autofree char *line = NULL;
	gboolean found = FALSE;

	for (guint i = 0; i < fake->devices->len && !fake->ending; i++) {
		VmMemDevice *dev = g_ptr_array_index(fake->devices, i);

		if (!g_str_equal(dev->id, device) || requested_bytes > dev->size_bytes ||
		    requested_bytes % dev->block_size_bytes)
			continue;
		found = TRUE;
		dev->requested_bytes = requested_bytes;
		enqueue_plug(fake, i);
	}
	if (!found)
		reply.error = g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
					  "the fake machine has no %s of that size", device);
	line = g_strdup_printf("{\"execute\":\"qom-set\",\"arguments\":{\"path\":"
			       "\"/machine/peripheral/%s\",\"property\":\"requested-size\","
			       "\"value\":%" G_GUINT64_FORMAT "}}",
			       device, requested_bytes);
	enqueue_reply(fake, reply);
	tell_transcript(fake, '>', line);
}

static void fake_balloon(Vm *vm, guint64 memory_bytes, VmDone done, gpointer user)
{
	g_autofree char *line = g_strdup_printf("{\"execute\":\"balloon\",\"arguments\":{"
						"\"value\":%" G_GUINT64_FORMAT "}}",
						memory_bytes);

	enqueue_reply((VmFake *)vm, (FakeReply){.done = done, .user = user});
	tell_transcript((VmFake *)vm, '>', line);
}

static void fake_dimm_plug(Vm *vm, const char *id, guint64 bytes, VmDone done, gpointer user)
{
	g_autofree char *line =
		g_strdup_printf("{\"execute\":\"device_add\",\"arguments\":{\"driver\":"
				"\"pc-dimm\",\"id\":\"%s\"}}",
				id);

	enqueue_reply((VmFake *)vm, (FakeReply){.done = done, .user = user});
	tell_transcript((VmFake *)vm, '>', line);
}

/* It lets go at once. */
static void fake_dimm_unplug(Vm *vm, const char *id, VmDone done, gpointer user)
{
	g_autofree char *line =
		g_strdup_printf("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"%s\"}}", id);
	g_autofree char *event = g_strdup_printf("DEVICE_DELETED {\"device\":\"%s\"}", id);

	enqueue_reply((VmFake *)vm, (FakeReply){.done = done, .user = user});
	enqueue((VmFake *)vm, fake_action_new(FAKE_EVENT, event), PLUG_DELAY_US);
	tell_transcript((VmFake *)vm, '>', line);
}

static void fake_query_memory(Vm *vm, VmMemoryDone done, gpointer user)
{
	enqueue_reply((VmFake *)vm, (FakeReply){.memory = done, .user = user});
}

static void fake_read_memory(Vm *vm, guint64 gpa, guint32 len, VmReadDone done, gpointer user)
{
	FakeReply reply = {.read = done, .read_len = len, .user = user};

	if (len == 0 || len > READ_MAX_BYTES)
		reply.error = g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
					  "the fake machine reads 1 byte to 1 MiB");
	enqueue_reply((VmFake *)vm, reply);
}

static void fake_nmi(Vm *vm, VmDone done, gpointer user)
{
	enqueue_reply((VmFake *)vm, (FakeReply){.done = done, .user = user});
	tell_transcript((VmFake *)vm, '>', "{\"execute\":\"inject-nmi\"}");
	fire((VmFake *)vm, "nmi");
}

static void fake_query_threads(Vm *vm, VmThreadsDone done, gpointer user)
{
	enqueue_reply((VmFake *)vm, (FakeReply){.threads = done, .user = user});
}

static void fake_pause(Vm *vm, gboolean hold, VmDone done, gpointer user)
{
	enqueue_reply((VmFake *)vm, (FakeReply){.done = done, .user = user});
	tell_transcript((VmFake *)vm, '>',
			hold ? "{\"execute\":\"stop\"}" : "{\"execute\":\"cont\"}");
}

static void fake_stop(Vm *vm)
{
	VmFake *fake = (VmFake *)vm;

	if (fake->stopping || fake->ending || !fake->source)
		return;
	fake->stopping = TRUE;
	enqueue(fake,
		fake_action_new(FAKE_EVENT,
				"SHUTDOWN {\"guest\":false,\"reason\":\"host-qmp-quit\"}"),
		REPLY_DELAY_US);
	enqueue(fake, fake_action_new(FAKE_EXIT, "0"), REPLY_DELAY_US);
	tell_transcript(fake, '>', "{\"execute\":\"quit\"}");
}

const VmOps vm_fake_ops = {
	.name = "fake",
	.help = "a machine that plays a script, for tests",
	.argv = fake_argv,
	.create = fake_create,
	.start = fake_start,
	.send = fake_send,
	.resize = fake_resize,
	.balloon = fake_balloon,
	.dimm_plug = fake_dimm_plug,
	.dimm_unplug = fake_dimm_unplug,
	.query_memory = fake_query_memory,
	.read_memory = fake_read_memory,
	.nmi = fake_nmi,
	.query_threads = fake_query_threads,
	.pause = fake_pause,
	.stop = fake_stop,
	.free = fake_free,
};
