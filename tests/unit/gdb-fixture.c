/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See gdb-fixture.h. */
#include "tests/unit/gdb-fixture.h"
#include "host-driver/gdbstub/gdbstub.h"
#include "host-driver/gdbstub/packet.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void say(int fd, const char *text)
{
	g_autofree char *frame = *text == '!' ? g_strdup(text + 1) : packet_frame(text);

	g_assert_cmpint(send(fd, frame, strlen(frame), MSG_NOSIGNAL), ==, strlen(frame));
}

static void hear(GdbServer *s, const char *asked)
{
	const GdbLine *line = &s->script[s->said];

	if (s->wrong)
		return;
	if (g_strcmp0(line->asked, asked) != 0) {
		s->wrong = g_strdup_printf("%s, and not %s", asked, line->asked);
		shutdown(s->fd, SHUT_RDWR);
		return;
	}
	s->said++;
	if (line->reply)
		say(s->fd, line->reply);
}

static gpointer serve(gpointer user)
{
	GdbServer *s = user;
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autoptr(GString) packet = g_string_new(NULL);
	guint8 chunk[4096];
	ssize_t n;

	while ((n = read(s->fd, chunk, sizeof(chunk))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (chunk[i] == 3)
				hear(s, "^C");
		g_byte_array_append(in, chunk, (guint)n);
		while (packet_take(in, packet) > 0) {
			send(s->fd, "+", 1, MSG_NOSIGNAL);
			hear(s, packet->str);
		}
	}
	return NULL;
}

GdbServer *gdb_server_new(const GdbLine *script)
{
	GdbServer *s = g_new0(GdbServer, 1);
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	s->script = script;
	s->fd = pair[0];
	s->client_fd = pair[1];
	s->thread = g_thread_new("gdb-server", serve, s);
	return s;
}

void gdb_server_end(GdbServer *s)
{
	g_thread_join(s->thread);
	close(s->fd);
	g_assert_cmpstr(s->wrong, ==, NULL);
	g_assert_cmpstr(s->script[s->said].asked, ==, NULL);
	g_free(s);
}

char *gdb_registers(guint64 rip, guint64 rsp, guint64 rdi, guint64 rsi)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < GDBSTUB_REGS; i++) {
		guint64 value = i == GDBSTUB_RIP   ? rip
				: i == GDBSTUB_RSP ? rsp
				: i == GDBSTUB_RDI ? rdi
				: i == GDBSTUB_RSI ? rsi
						   : 0;

		g_string_append_printf(text, "%016" G_GINT64_MODIFIER "x",
				       GUINT64_SWAP_LE_BE(value));
	}
	g_string_append(text, "46020000"); /* eflags, interrupts on */
	return g_string_free(text, FALSE);
}
