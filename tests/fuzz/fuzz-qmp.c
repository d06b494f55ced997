/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU sends over QMP, in pieces of any size. Whatever it is, every command is answered
 * exactly once, the end is told exactly once, and nothing comes after it.
 */
#include "host-driver/qemu/qmp.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#define COMMANDS 3

typedef struct {
	guint answered[COMMANDS + 1], closed, ready;
} Seen;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void on_ready(QmpClient *qmp, gpointer user)
{
	Seen *seen = user;

	g_assert_cmpuint(seen->ready++, ==, 0);
	g_assert_cmpuint(seen->closed, ==, 0);
}

static void on_event(QmpClient *qmp, const char *name, JsonObject *data, gpointer user)
{
	g_assert_nonnull(name);
	g_assert_cmpuint(((Seen *)user)->closed, ==, 0);
	if (data)
		g_list_free(json_object_get_members(data));
}

static void on_transcript(QmpClient *qmp, char direction, const char *line, gpointer user)
{
	g_assert_cmpuint(((Seen *)user)->closed, ==, 0);
}

static void on_closed(QmpClient *qmp, const GError *error, gpointer user)
{
	g_assert_nonnull(error);
	g_assert_cmpuint(((Seen *)user)->closed++, ==, 0);
}

static void on_reply(QmpClient *qmp, JsonNode *result, const GError *error, gpointer user)
{
	g_assert_true(!result == !!error);
	++*(guint *)user;
}

static void settle(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const QmpListener listener = {.ready = on_ready,
					     .event = on_event,
					     .transcript = on_transcript,
					     .closed = on_closed};
	Seen seen = {0};
	size_t piece = len ? data[0] + 1u : 1, done = len ? 1 : 0;
	QmpClient *qmp;
	int fds[2];

	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR);
	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	qmp = qmp_client_new(fds[1], &listener, &seen);
	for (int i = 0; i < COMMANDS; i++)
		qmp_client_execute(qmp, "x", NULL, 60000, on_reply, &seen.answered[i]);
	while (done < len) {
		ssize_t n = send(fds[0], data + done, MIN(piece, len - done), MSG_NOSIGNAL);

		if (n <= 0)
			break; /* closed on us */
		done += (size_t)n;
		settle();
	}
	close(fds[0]);
	settle();
	g_assert_cmpuint(seen.closed, ==, 1);
	for (int i = 0; i < COMMANDS; i++)
		g_assert_cmpuint(seen.answered[i], ==, 1);
	qmp_client_execute(qmp, "x", NULL, 60000, on_reply, &seen.answered[COMMANDS]);
	qmp_client_free(qmp);
	g_assert_cmpuint(seen.answered[COMMANDS], ==, 1);
	g_assert_false(g_main_context_pending(NULL));
	return 0;
}
