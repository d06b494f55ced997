/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The QMP client against a server of the test's own, on a socketpair and in the same thread. */
#include "host-driver/qemu/qmp.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": [\"oob\"]}}\r\n"

typedef struct {
	int server; /* our end, non-blocking; -1 when closed */
	QmpClient *qmp;
	GString *log;	/* what the client told, one word each */
	GString *lines; /* what it wrote, transcript of both ways */
	const char *free_on;
	gboolean again; /* a reply executes one more command */
} Fixture;

static void told(Fixture *f, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void told(Fixture *f, const char *format, ...)
{
	g_autofree char *word = NULL;
	va_list ap;

	va_start(ap, format);
	word = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_string_append_printf(f->log, "%s%s", f->log->len ? " " : "", word);
	if (f->qmp && f->free_on && g_str_has_prefix(word, f->free_on)) {
		f->free_on = NULL;
		qmp_client_free(g_steal_pointer(&f->qmp));
	}
}

static void on_ready(QmpClient *qmp, gpointer user)
{
	told(user, "ready");
}

static void on_event(QmpClient *qmp, const char *name, JsonObject *data, gpointer user)
{
	told(user, "%s%s", name, data ? "+data" : "");
}

static void on_transcript(QmpClient *qmp, char direction, const char *line, gpointer user)
{
	Fixture *f = user;

	g_assert_null(strchr(line, '\n'));
	g_string_append_printf(f->lines, "%c%s\n", direction, line);
}

static void on_closed(QmpClient *qmp, const GError *error, gpointer user)
{
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	told(user, "closed");
}

static const QmpListener listener = {
	.ready = on_ready, .event = on_event, .transcript = on_transcript, .closed = on_closed};

typedef struct {
	Fixture *f;
	const char *name;
} Call;

static void on_reply(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_autofree Call *call = user;
	Fixture *f = call->f;

	g_assert_true(!result == !!error);
	if (f->again) {
		Call *next = g_new0(Call, 1);

		f->again = FALSE;
		*next = (Call){f, "again"};
		qmp_client_execute(qmp, "again", NULL, 1000, on_reply, next);
	}
	if (error)
		told(f, "%s!", call->name);
	else if (JSON_NODE_HOLDS_VALUE(result))
		told(f, "%s=%d", call->name, (int)json_node_get_int(result));
	else
		told(f, "%s", call->name);
}

static void execute(Fixture *f, const char *name, guint deadline_ms)
{
	Call *call = g_new0(Call, 1);

	*call = (Call){f, name};
	qmp_client_execute(f->qmp, name, NULL, deadline_ms, on_reply, call);
}

static void setup(Fixture *f, gconstpointer data)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==,
			0);
	f->server = fds[0];
	f->log = g_string_new(NULL);
	f->lines = g_string_new(NULL);
	f->qmp = qmp_client_new(fds[1], &listener, f);
}

static void teardown(Fixture *f, gconstpointer data)
{
	qmp_client_free(f->qmp);
	if (f->server >= 0)
		close(f->server);
	g_string_free(f->log, TRUE);
	g_string_free(f->lines, TRUE);
	g_assert_false(g_main_context_pending(NULL));
}

static void settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void server_says(Fixture *f, const char *text)
{
	gsize len = strlen(text), done = 0;

	while (done < len) {
		ssize_t n = send(f->server, text + done, len - done, MSG_NOSIGNAL);

		if (n < 0 && errno == EPIPE)
			return;
		g_assert_true(n > 0 || errno == EAGAIN);
		done += n > 0 ? (gsize)n : 0;
		settle();
	}
	settle();
}

static void server_hangs_up(Fixture *f)
{
	close(f->server);
	f->server = -1;
	settle();
}

#define assert_log(f, want)                                                                        \
	do {                                                                                       \
		g_assert_cmpstr((f)->log->str, ==, want);                                          \
		g_string_truncate((f)->log, 0);                                                    \
	} while (0)

static void handshake(Fixture *f)
{
	server_says(f, GREETING);
	g_assert_nonnull(strstr(f->lines->str, ">{\"execute\":\"qmp_capabilities\",\"id\":0}\n"));
	server_says(f, "{\"return\": {}, \"id\": 0}\r\n");
	g_assert_true(g_str_has_prefix(f->log->str, "ready"));
}

static void test_handshake(Fixture *f, gconstpointer data)
{
	char buf[512];
	ssize_t n;

	execute(f, "early", 1000);
	settle();
	g_assert_cmpint(recv(f->server, buf, sizeof(buf), 0), ==, -1);
	/* Split at an odd place, with an event on each side of the negotiation. */
	server_says(f, "{\"event\": \"ONE\", \"timestamp\": {}}\n{\"QMP\": {");
	server_says(f, "}}\r\n{\"event\": \"TWO\", \"data\": {\"a\": 1}}\r\n");
	n = recv(f->server, buf, sizeof(buf) - 1, 0);
	g_assert_cmpint(n, >, 0);
	buf[n] = '\0';
	g_assert_cmpstr(buf, ==, "{\"execute\":\"qmp_capabilities\",\"id\":0}\n");
	assert_log(f, "");
	server_says(f, "{\"return\": {}, \"id\": 0}\r\n");
	assert_log(f, "ready ONE TWO+data");
	n = recv(f->server, buf, sizeof(buf) - 1, 0);
	g_assert_cmpint(n, >, 0);
	buf[n] = '\0';
	g_assert_cmpstr(buf, ==, "{\"execute\":\"early\",\"id\":1}\n");
	server_says(f, "{\"return\": 5, \"id\": 1}\r\n{\"event\": \"THREE\"}\n");
	assert_log(f, "early=5 THREE");
	g_assert_cmpstr(
		f->lines->str, ==,
		"<{\"event\": \"ONE\", \"timestamp\": {}}\n<{\"QMP\": {}}\n"
		">{\"execute\":\"qmp_capabilities\",\"id\":0}\n"
		"<{\"event\": \"TWO\", \"data\": {\"a\": 1}}\n<{\"return\": {}, \"id\": 0}\n"
		">{\"execute\":\"early\",\"id\":1}\n<{\"return\": 5, \"id\": 1}\n"
		"<{\"event\": \"THREE\"}\n");
}

static void test_arguments(Fixture *f, gconstpointer data)
{
	JsonObject *arguments = json_object_new();

	handshake(f);
	json_object_set_int_member(arguments, "value", 1 << 30);
	json_object_set_string_member(arguments, "path", "a\"\n");
	qmp_client_execute(f->qmp, "set", arguments, 1000, NULL, NULL);
	g_assert_nonnull(strstr(
		f->lines->str, ">{\"execute\":\"set\",\"id\":1,\"arguments\":{\"value\":1073741824,"
			       "\"path\":\"a\\\"\\n\"}}\n"));
	server_says(f, "{\"return\": {}, \"id\": 1}\n");
	assert_log(f, "ready");
}

static void test_out_of_order(Fixture *f, gconstpointer data)
{
	handshake(f);
	execute(f, "a", 1000);
	execute(f, "b", 1000);
	execute(f, "c", 1000);
	server_says(f, "{\"return\": 3, \"id\": 3}\n{\"event\": \"E\"}\n"
		       "{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\n"
		       "{\"return\": {}, \"id\": 2}\n");
	assert_log(f, "ready c=3 E a! b");
}

static void reply_desc(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_assert_null(result);
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_assert_cmpstr(error->message, ==, user);
}

static void test_error_text(Fixture *f, gconstpointer data)
{
	handshake(f);
	qmp_client_execute(f->qmp, "x", NULL, 1000, reply_desc, "QMP x: too big");
	server_says(f, "{\"error\": {\"desc\": \"too big\"}, \"id\": 1}\n");
	qmp_client_execute(f->qmp, "x", NULL, 1000, reply_desc,
			   "QMP x: refused without a description");
	server_says(f, "{\"error\": {\"desc\": 5}, \"id\": 2}\n");
	qmp_client_execute(f->qmp, "x", NULL, 1000, reply_desc,
			   "QMP x: refused without a description");
	server_says(f, "{\"error\": null, \"id\": 3}\n");
}

static void test_deadline(Fixture *f, gconstpointer data)
{
	gint64 start = g_get_monotonic_time();

	execute(f, "unready", 20); /* also counts before the greeting */
	execute(f, "slow", 5000);
	while (!f->log->len)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(g_get_monotonic_time() - start, >=, 19000);
	assert_log(f, "unready!");
	handshake(f);
	assert_log(f, "ready");
	/* The timed-out command is sent no more; a late answer to one that was is dropped. */
	g_assert_null(strstr(f->lines->str, "unready"));
	execute(f, "late", 10);
	while (!f->log->len)
		g_main_context_iteration(NULL, TRUE);
	assert_log(f, "late!");
	server_says(f, "{\"return\": 1, \"id\": 3}\n{\"return\": 2, \"id\": 2}\n");
	assert_log(f, "slow=2");
}

static void test_close(Fixture *f, gconstpointer data)
{
	handshake(f);
	execute(f, "a", 1000);
	execute(f, "b", 1000);
	f->again = TRUE;
	/* What came before the end still counts; what an answer asks for is answered too. */
	server_says(f, "{\"event\": \"LAST\"}\n{\"return\":");
	server_hangs_up(f);
	assert_log(f, "ready LAST a! b! closed again!");
	execute(f, "c", 1000);
	assert_log(f, "");
	settle();
	assert_log(f, "c!");
}

static void test_close_early(Fixture *f, gconstpointer data)
{
	execute(f, "a", 1000);
	server_says(f, "{\"event\": \"ONE\"}\n");
	server_hangs_up(f);
	assert_log(f, "ONE a! closed");
}

static void test_free_pending(Fixture *f, gconstpointer data)
{
	handshake(f);
	execute(f, "a", 1000);
	execute(f, "b", 1000);
	f->again = TRUE;
	qmp_client_free(g_steal_pointer(&f->qmp));
	assert_log(f, "ready again! a! b!");
}

/* Frees the client in the callback that tells data's first word; nothing may come after. */
static void test_free_within(Fixture *f, gconstpointer data)
{
	g_auto(GStrv) want = g_strsplit(data, "|", 2);

	f->free_on = want[0];
	execute(f, "a", 1000);
	execute(f, "b", 1000);
	server_says(f,
		    "{\"event\": \"ONE\"}\n" GREETING "{\"return\": {}, \"id\": 0}\n"
		    "{\"return\": 1, \"id\": 1}\n{\"event\": \"TWO\"}\n{\"event\": \"THREE\"}\n");
	if (f->qmp)
		server_hangs_up(f);
	g_assert_null(f->qmp);
	assert_log(f, want[1]);
}

static void test_garbage(Fixture *f, gconstpointer data)
{
	g_autofree char *deep = g_strnfill(200000, '[');
	const char *const lines[] = {"hello",
				     "{\"return\": {}, \"id\": 7}",
				     "{\"return\": {}}",
				     "{\"return\": {}, \"id\": \"1\"}",
				     "{\"return\": {}, \"id\": 0.5}",
				     "{\"return\": {}, \"error\": {}, \"id\": 1}",
				     "{\"error\": {\"desc\": \"no id\"}}",
				     "{\"id\": 1}",
				     "{}",
				     "[]",
				     "17",
				     "null",
				     "{\"event\": 1}",
				     "{\"event\": \"E\", \"data\": []}",
				     "{\"return\": \"\xff\xfe\", \"id\": 1}",
				     "/* \" */ {\"return\": {}, \"id\": 1}",
				     "\"",
				     "{\"timestamp\": {}}\r\r{\"return\": {}, \"id\": 1}",
				     "1 {\"return\": {}, \"id\": 1}",
				     "{\"return\": {}, \"id\": 1}]",
				     deep};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		Fixture g = {0};

		setup(&g, NULL);
		handshake(&g);
		execute(&g, "a", 1000);
		server_says(&g, lines[i]);
		server_says(&g, "\n");
		if (!g_str_equal(g.log->str, "ready a! closed"))
			g_error("%.60s: %s", lines[i], g.log->str);
		teardown(&g, NULL);
	}
}

static void test_garbage_early(Fixture *f, gconstpointer data)
{
	server_says(f, "{\"return\": {}, \"id\": 0}\n");
	assert_log(f, "closed");
}

static void test_refused(Fixture *f, gconstpointer data)
{
	server_says(f, GREETING "{\"id\": 0, \"error\": {\"desc\": \"no\"}}\n");
	assert_log(f, "closed");
}

static void test_nul(Fixture *f, gconstpointer data)
{
	handshake(f);
	g_assert_cmpint(send(f->server, "{}\0{}\n", 6, 0), ==, 6);
	settle();
	assert_log(f, "ready closed");
}

static void test_long_line(Fixture *f, gconstpointer data)
{
	g_autofree char *filler = g_strnfill(1 << 20, 'x');

	handshake(f);
	execute(f, "a", 10000);
	server_says(f, "{\"id\": 1, \"return\": \"");
	for (int i = 0; i < 8; i++)
		server_says(f, filler);
	server_says(f, "\"}\n");
	assert_log(f, "ready a=0");
	for (int i = 0; i <= 64; i++) {
		if (f->log->len)
			break;
		server_says(f, filler);
	}
	assert_log(f, "closed");
}

static void test_slow_server(Fixture *f, gconstpointer data)
{
	char buf[65536];
	gsize total = 0, want;
	ssize_t n;

	handshake(f);
	while (recv(f->server, buf, sizeof(buf), 0) > 0)
		;
	g_string_truncate(f->lines, 0);
	for (int i = 0; i < 20000; i++)
		execute(f, "a-command-that-fills-the-socket", 60000);
	want = f->lines->len - 20000; /* less the direction marks */
	while (settle(), (n = recv(f->server, buf, sizeof(buf), 0)) > 0)
		total += (gsize)n;
	g_assert_cmpuint(total, ==, want);
	g_string_truncate(f->log, 0);
}

#define ADD(name, func, data) g_test_add("/qmp/" name, Fixture, data, setup, func, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("handshake", test_handshake, NULL);
	ADD("arguments", test_arguments, NULL);
	ADD("out-of-order", test_out_of_order, NULL);
	ADD("error-text", test_error_text, NULL);
	ADD("deadline", test_deadline, NULL);
	ADD("close", test_close, NULL);
	ADD("close-early", test_close_early, NULL);
	ADD("free-pending", test_free_pending, NULL);
	ADD("free-within/ready", test_free_within, "ready|ready a! b!");
	ADD("free-within/queued-event", test_free_within, "ONE|ready ONE a! b!");
	ADD("free-within/reply", test_free_within, "a=|ready ONE a=1 b!");
	ADD("free-within/event", test_free_within, "TWO|ready ONE a=1 TWO b!");
	ADD("free-within/error", test_free_within, "b!|ready ONE a=1 TWO THREE b!");
	ADD("free-within/closed", test_free_within, "closed|ready ONE a=1 TWO THREE b! closed");
	ADD("garbage", test_garbage, NULL);
	ADD("garbage-early", test_garbage_early, NULL);
	ADD("refused", test_refused, NULL);
	ADD("nul", test_nul, NULL);
	ADD("long-line", test_long_line, NULL);
	ADD("slow-server", test_slow_server, NULL);
	return g_test_run();
}
