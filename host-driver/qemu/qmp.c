/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See qmp.h. One line is one message; whatever is not one that the protocol allows at that
 * point ends the connection, since nothing behind it could be trusted. Callbacks may free the
 * client: it lives on as a shell until the outermost function has returned (refs).
 */
#include "host-driver/qemu/qmp.h"
#include "host-driver/base/error.h"
#include "host-driver/base/json-sane.h"
#include "host-driver/base/json.h"
#include "host-driver/base/stream.h"
#include "host-driver/base/source.h"

#include <string.h>

#define QMP_LINE_MAX_BYTES (64u << 20)
#define QMP_HANDSHAKE_MS   30000
/* All that may come before the handshake is over: a greeting, and a few events that are kept. */
#define QMP_EARLY_BYTES (1u << 20)

typedef enum { QMP_GREETING, QMP_NEGOTIATING, QMP_READY, QMP_CLOSED } QmpState;

typedef struct {
	QmpClient *qmp;
	gint64 id;
	char *command;
	char *line; /* until it is sent */
	GSource *timer;
	QmpReply reply;
	gpointer user;
} QmpCall;

typedef struct {
	char *name;
	JsonObject *data;
} QmpEvent;

struct QmpClient {
	int refs;
	QmpState state;
	gboolean freed;
	Stream *stream; /* NULL when closed */
	GString *rx;
	GMainContext *context;
	QmpListener listener;
	gpointer user;
	gint64 next_id;
	GQueue calls;	   /* of QmpCall, in the order of execute() */
	GQueue events;	   /* of QmpEvent, until ready */
	gsize early_bytes; /* came before it was ready */
	GSource *handshake;
	GError *error; /* why it is closed */
};

static void event_free(QmpEvent *event)
{
	g_free(event->name);
	g_clear_pointer(&event->data, json_object_unref);
	g_free(event);
}

static void client_unref(QmpClient *qmp)
{
	if (--qmp->refs)
		return;
	g_queue_clear_full(&qmp->events, (GDestroyNotify)event_free);
	g_main_context_unref(qmp->context);
	g_string_free(qmp->rx, TRUE);
	g_clear_error(&qmp->error);
	g_free(qmp);
}

/* Takes the call out of the queue's hands and answers it. */
static void call_answer(QmpCall *call, JsonNode *result, const GError *error)
{
	source_clear(&call->timer);
	if (call->reply)
		call->reply(call->qmp, result, error, call->user);
	g_free(call->command);
	g_free(call->line);
	g_free(call);
}

/* Answers those calls that wait now; a call that an answer makes comes later. */
static void fail_calls(QmpClient *qmp, const GError *error)
{
	QmpCall *call;

	for (guint n = qmp->calls.length; n && (call = g_queue_pop_head(&qmp->calls)); n--)
		call_answer(call, NULL, error);
}

static void deliver_events(QmpClient *qmp)
{
	QmpEvent *event;

	while (!qmp->freed && (event = g_queue_pop_head(&qmp->events))) {
		if (qmp->listener.event)
			qmp->listener.event(qmp, event->name, event->data, qmp->user);
		event_free(event);
	}
}

/* Takes @error. The last thing that a caller may do with the client, unless it holds a ref. */
static void client_close(QmpClient *qmp, GError *error)
{
	qmp->refs++;
	qmp->state = QMP_CLOSED;
	qmp->error = error;
	g_clear_pointer(&qmp->stream, stream_free);
	source_clear(&qmp->handshake);
	deliver_events(qmp);
	fail_calls(qmp, qmp->error);
	if (!qmp->freed && qmp->listener.closed)
		qmp->listener.closed(qmp, qmp->error, qmp->user);
	client_unref(qmp);
}

static gboolean handshake_late(gpointer user)
{
	QmpClient *qmp = user;

	client_close(qmp, g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
				      "QMP: no greeting within %d s", QMP_HANDSHAKE_MS / 1000));
	return G_SOURCE_REMOVE;
}

static gboolean call_late(gpointer user)
{
	QmpCall *call = user;
	QmpClient *qmp = call->qmp;
	g_autoptr(GError) error = NULL;

	if (qmp->error)
		error = g_error_copy(qmp->error);
	else
		error = g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
				    "QMP %s: no answer before the deadline", call->command);
	g_queue_remove(&qmp->calls, call);
	call_answer(call, NULL, error);
	return G_SOURCE_REMOVE;
}

static void send_line(QmpClient *qmp, const char *line)
{
	stream_send(qmp->stream, line, strlen(line));
	stream_send(qmp->stream, "\n", 1);
	if (qmp->listener.transcript)
		qmp->listener.transcript(qmp, '>', line, qmp->user);
}

static char *command_line(const char *command, gint64 id, JsonObject *arguments)
{
	g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
	JsonObject *root = json_object_new();

	rj_set_text(root, "execute", command);
	json_object_set_int_member(root, "id", id);
	if (arguments)
		json_object_set_object_member(root, "arguments", arguments);
	json_node_take_object(node, root);
	return rj_string(node, FALSE);
}

void qmp_client_execute(QmpClient *qmp, const char *command, JsonObject *arguments,
			guint deadline_ms, QmpReply reply, gpointer user)
{
	QmpCall *call = g_new0(QmpCall, 1);
	gboolean closed = qmp->state == QMP_CLOSED;

	call->qmp = qmp;
	call->id = qmp->next_id++;
	call->command = g_strdup(command);
	call->line = command_line(command, call->id, arguments);
	call->reply = reply;
	call->user = user;
	if (qmp->freed) {
		call_answer(call, NULL, qmp->error);
		return;
	}
	call->timer = timer_start(qmp->context, closed ? 0 : deadline_ms, call_late, call);
	g_queue_push_tail(&qmp->calls, call);
	if (qmp->state == QMP_READY) {
		g_autofree char *line = g_steal_pointer(&call->line);

		qmp->refs++;
		send_line(qmp, line);
		client_unref(qmp);
	}
}

static void become_ready(QmpClient *qmp)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	qmp->state = QMP_READY;
	source_clear(&qmp->handshake);
	for (GList *l = qmp->calls.head; l; l = l->next)
		g_ptr_array_add(lines, g_steal_pointer(&((QmpCall *)l->data)->line));
	for (guint i = 0; i < lines->len && !qmp->freed; i++)
		send_line(qmp, g_ptr_array_index(lines, i));
	if (!qmp->freed && qmp->listener.ready)
		qmp->listener.ready(qmp, qmp->user);
	deliver_events(qmp);
}

/* The member's text, or NULL when it is missing or no string. */
static const char *get_string(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	if (!node || json_node_get_value_type(node) != G_TYPE_STRING)
		return NULL;
	return json_node_get_string(node);
}

static gboolean handle_event(QmpClient *qmp, JsonObject *message, GError **error)
{
	const char *name = get_string(message, "event");
	JsonNode *data = json_object_get_member(message, "data");

	if (!name || (data && !JSON_NODE_HOLDS_OBJECT(data))) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "QMP: malformed event");
		return FALSE;
	}
	if (qmp->state != QMP_READY) {
		QmpEvent *event = g_new0(QmpEvent, 1);

		event->name = g_strdup(name);
		event->data = data ? json_node_dup_object(data) : NULL;
		g_queue_push_tail(&qmp->events, event);
	} else if (qmp->listener.event) {
		qmp->listener.event(qmp, name, data ? json_node_get_object(data) : NULL, qmp->user);
	}
	return TRUE;
}

static GError *error_of_reply(const char *command, JsonNode *node)
{
	JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	const char *desc = object ? get_string(object, "desc") : NULL;

	return g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "QMP %s: %s", command,
			   desc ? desc : "refused without a description");
}

/* An answer to qmp_capabilities (id 0) or to a call. */
static gboolean handle_reply(QmpClient *qmp, JsonObject *message, GError **error)
{
	JsonNode *result = json_object_get_member(message, "return");
	JsonNode *failure = json_object_get_member(message, "error");
	JsonNode *id_node = json_object_get_member(message, "id");
	gboolean has_id = id_node && json_node_get_value_type(id_node) == G_TYPE_INT64;
	gint64 id = has_id ? json_node_get_int(id_node) : -1;

	if (!result == !failure || id < 0 || id >= qmp->next_id) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "QMP: a reply to no command of ours");
		return FALSE;
	}
	if (qmp->state == QMP_NEGOTIATING) {
		if (id == 0 && result) {
			become_ready(qmp);
			return TRUE;
		}
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "QMP: capabilities were refused");
		return FALSE;
	}
	for (GList *l = qmp->calls.head; l; l = l->next) {
		QmpCall *call = l->data;

		if (call->id != id)
			continue;
		g_queue_delete_link(&qmp->calls, l);
		if (failure) {
			g_autoptr(GError) refused = error_of_reply(call->command, failure);

			call_answer(call, NULL, refused);
		} else {
			call_answer(call, result, NULL);
		}
		return TRUE;
	}
	return TRUE; /* too late: its deadline has answered it */
}

static gboolean handle_line(QmpClient *qmp, const char *line, gsize len, GError **error)
{
	g_autoptr(JsonParser) parser = NULL;
	g_autoptr(GError) why = NULL;
	JsonNode *root;
	JsonObject *message;

	if (!json_is_sane(line) || strlen(line) != len) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "QMP: not JSON");
		return FALSE;
	}
	parser = json_parser_new_immutable();
	if (!json_parser_load_from_data(parser, line, (gssize)len, &why)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "QMP: not JSON: %s",
			    why->message);
		return FALSE;
	}
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "QMP: not an object");
		return FALSE;
	}
	message = json_node_get_object(root);
	if (json_object_has_member(message, "event"))
		return handle_event(qmp, message, error);
	if (qmp->state != QMP_GREETING)
		return handle_reply(qmp, message, error);
	if (!json_object_has_member(message, "QMP")) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "QMP: not a QMP greeting");
		return FALSE;
	}
	g_autofree char *negotiate = command_line("qmp_capabilities", 0, NULL);

	qmp->state = QMP_NEGOTIATING;
	send_line(qmp, negotiate);
	return TRUE;
}

/* Handles all whole lines of qmp->rx. The client may be freed or closed afterwards. */
static void handle_lines(QmpClient *qmp, gsize scanned)
{
	gsize start = 0;
	char *end;

	while (!qmp->freed && qmp->stream &&
	       (end = memchr(qmp->rx->str + scanned, '\n', qmp->rx->len - scanned))) {
		char *line = qmp->rx->str + start;
		gsize len = (gsize)(end - line);
		GError *error = NULL;

		start = scanned = start + len + 1;
		if (len && line[len - 1] == '\r')
			len--;
		line[len] = '\0';
		if (len == 0)
			continue;
		if (qmp->listener.transcript)
			qmp->listener.transcript(qmp, '<', line, qmp->user);
		if (!qmp->freed && !handle_line(qmp, line, len, &error)) {
			client_close(qmp, error);
			return;
		}
	}
	if (!qmp->freed && qmp->stream)
		g_string_erase(qmp->rx, 0, (gssize)start);
}

static void client_data(Stream *stream, const char *data, gsize len, gpointer user)
{
	QmpClient *qmp = user;
	gsize scanned = qmp->rx->len;

	if (len == 0) {
		client_close(qmp, g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
					      "QMP: QEMU closed the connection"));
		return;
	}
	qmp->early_bytes += qmp->state == QMP_READY ? 0 : len;
	if (qmp->early_bytes > QMP_EARLY_BYTES) {
		client_close(qmp,
			     g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
					 "QMP: more than 1 MiB before the handshake was over"));
		return;
	}
	qmp->refs++;
	g_string_append_len(qmp->rx, data, (gssize)len);
	handle_lines(qmp, scanned);
	if (!qmp->freed && qmp->stream && qmp->rx->len > QMP_LINE_MAX_BYTES)
		client_close(qmp, g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
					      "QMP: a line of more than 64 MiB"));
	client_unref(qmp);
}

QmpClient *qmp_client_new(int fd, const QmpListener *listener, gpointer user)
{
	QmpClient *qmp = g_new0(QmpClient, 1);

	qmp->refs = 1;
	qmp->listener = *listener;
	qmp->user = user;
	qmp->next_id = 1; /* 0 is the negotiation */
	qmp->rx = g_string_new(NULL);
	qmp->context = g_main_context_ref_thread_default();
	qmp->stream = stream_new(fd, client_data, qmp);
	qmp->handshake = timer_start(qmp->context, QMP_HANDSHAKE_MS, handshake_late, qmp);
	return qmp;
}

void qmp_client_free(QmpClient *qmp)
{
	if (!qmp)
		return;
	qmp->freed = TRUE;
	g_clear_pointer(&qmp->stream, stream_free);
	source_clear(&qmp->handshake);
	if (!qmp->error)
		qmp->error = g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "QMP: given up");
	fail_calls(qmp, qmp->error);
	client_unref(qmp);
}
