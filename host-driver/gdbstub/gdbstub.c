/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See gdbstub.h. A running guest is stopped by any byte that is no ack, so nothing is sent while it
 * runs but by gdbstub_halt().
 */
#include "host-driver/gdbstub/gdbstub.h"
#include "host-driver/gdbstub/packet.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HALT "\003"

struct Gdbstub {
	int fd;
	GByteArray *in;
	GString *packet; /* the last one */
	guint cpus;
	guint64 id[GDBSTUB_CPUS_MAX]; /* of the stub's threads */
	gint selected;		      /* the vCPU of registers and memory, or -1 */
	gboolean runs;
};

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "the gdb stub %s", what);
	return FALSE;
}

Gdbstub *gdbstub_new(int fd)
{
	Gdbstub *stub = g_new0(Gdbstub, 1);

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	stub->fd = fd;
	stub->in = g_byte_array_new();
	stub->packet = g_string_new(NULL);
	stub->selected = -1;
	stub->runs = TRUE;
	return stub;
}

void gdbstub_free(Gdbstub *stub)
{
	if (!stub)
		return;
	close(stub->fd);
	g_byte_array_unref(stub->in);
	g_string_free(stub->packet, TRUE);
	g_free(stub);
}

void gdbstub_cut(Gdbstub *stub)
{
	shutdown(stub->fd, SHUT_RDWR);
}

static gint64 answer_until(void)
{
	return g_get_monotonic_time() + GDBSTUB_ANSWER_MS * G_TIME_SPAN_MILLISECOND;
}

/* Until @fd is ready for @events; FALSE at the deadline. */
static gboolean wait_for(const Gdbstub *stub, short events, gint64 until_us)
{
	for (;;) {
		struct pollfd ready = {.fd = stub->fd, .events = events};
		gint64 left_us = until_us - g_get_monotonic_time();
		int n = poll(&ready, 1, (int)CLAMP((left_us + 999) / 1000, 0, G_MAXINT));

		if (n > 0)
			return TRUE;
		if (left_us <= 0 || (n < 0 && errno != EINTR))
			return FALSE;
	}
}

static gboolean send_bytes(Gdbstub *stub, const char *data, GError **error)
{
	gint64 until_us = answer_until();
	gsize len = strlen(data);

	while (len) {
		ssize_t n = send(stub->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return fail(error, "is gone");
		if (n < 0 && !wait_for(stub, POLLOUT, until_us))
			return fail(error, "takes nothing");
		data += MAX(n, 0);
		len -= (gsize)MAX(n, 0);
	}
	return TRUE;
}

static gboolean send_packet(Gdbstub *stub, const char *data, GError **error)
{
	g_autofree char *frame = packet_frame(data);

	return send_bytes(stub, frame, error);
}

/* The next packet, acked, to stub->packet. */
static GdbstubState receive(Gdbstub *stub, gint64 until_us, GError **error)
{
	for (;;) {
		guint8 chunk[4096];
		int taken = packet_take(stub->in, stub->packet);
		ssize_t n;

		if (taken < 0) {
			fail(error, "sends what is no packet");
			return GDBSTUB_BROKEN;
		}
		if (taken > 0)
			return send_bytes(stub, "+", error) ? GDBSTUB_STOPPED : GDBSTUB_BROKEN;
		if (!wait_for(stub, POLLIN, until_us))
			return GDBSTUB_RUNS;
		n = recv(stub->fd, chunk, sizeof(chunk), 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			fail(error, "is gone");
			return GDBSTUB_BROKEN;
		}
		if (n > 0)
			g_byte_array_append(stub->in, chunk, (guint)n);
	}
}

/* Sends @data and waits for the answer. */
static gboolean ask(Gdbstub *stub, const char *data, GError **error)
{
	GdbstubState state;

	if (stub->runs)
		return fail(error, "was asked while the guest ran");
	if (!send_packet(stub, data, error))
		return FALSE;
	state = receive(stub, answer_until(), error);
	if (state == GDBSTUB_RUNS)
		return fail(error, "does not answer");
	return state == GDBSTUB_STOPPED;
}

static gboolean ask_ok(Gdbstub *stub, const char *data, GError **error)
{
	g_autofree char *what = NULL;

	if (!ask(stub, data, error))
		return FALSE;
	if (g_str_equal(stub->packet->str, "OK"))
		return TRUE;
	what = g_strdup_printf("refuses %.20s", data);
	return fail(error, what);
}

static gint cpu_of(const Gdbstub *stub, guint64 id)
{
	for (guint i = 0; i < stub->cpus; i++)
		if (stub->id[i] == id)
			return (gint)i;
	return -1;
}

/* A stop is "T05thread:01;…" or "S05"; all else that comes while it runs is none. */
static gboolean take_stop(Gdbstub *stub, gint *cpu)
{
	const char *text = stub->packet->str, *thread = strstr(text, "thread:");
	guint64 id;

	if (text[0] != 'T' && text[0] != 'S')
		return FALSE;
	thread = thread ? thread + strlen("thread:") : NULL;
	*cpu = thread && packet_number(&thread, &id) ? cpu_of(stub, id) : -1;
	stub->runs = FALSE;
	return TRUE;
}

GdbstubState gdbstub_wait(Gdbstub *stub, gint64 until_us, gint *cpu, GError **error)
{
	for (;;) {
		GdbstubState state = receive(stub, until_us, error);

		if (state != GDBSTUB_STOPPED || take_stop(stub, cpu))
			return state;
		if (stub->packet->str[0] == 'W' || stub->packet->str[0] == 'X') {
			fail(error, "says that the machine has ended");
			return GDBSTUB_BROKEN;
		}
	}
}

gboolean gdbstub_halt(Gdbstub *stub, GError **error)
{
	gint cpu;

	if (!stub->runs)
		return TRUE;
	if (!send_bytes(stub, HALT, error))
		return FALSE;
	switch (gdbstub_wait(stub, answer_until(), &cpu, error)) {
	case GDBSTUB_RUNS:
		return fail(error, "does not halt the guest");
	case GDBSTUB_BROKEN:
		return FALSE;
	default:
		return TRUE;
	}
}

/* "m01,02,…" */
static gboolean take_threads(Gdbstub *stub)
{
	const char *p = stub->packet->str;

	while ((*p == 'm' || *p == ',') && stub->cpus < GDBSTUB_CPUS_MAX) {
		p++;
		if (!packet_number(&p, &stub->id[stub->cpus]))
			return FALSE;
		stub->cpus++;
	}
	return *p == '\0';
}

gboolean gdbstub_attach(Gdbstub *stub, GError **error)
{
	if (!gdbstub_halt(stub, error) || !ask(stub, "vCont?", error))
		return FALSE;
	if (!strstr(stub->packet->str, ";c") || !strstr(stub->packet->str, ";s"))
		return fail(error, "cannot let single vCPUs run");
	/* QEMU lets registers be written one by one only after somebody has read what there are. */
	if (!ask(stub, "qXfer:features:read:target.xml:0,100", error))
		return FALSE;
	stub->cpus = 0;
	if (!ask(stub, "qfThreadInfo", error))
		return FALSE;
	while (stub->packet->str[0] == 'm') {
		if (!take_threads(stub))
			return fail(error, "lists vCPUs that cannot be");
		if (!ask(stub, "qsThreadInfo", error))
			return FALSE;
	}
	return stub->cpus ? TRUE : fail(error, "lists no vCPUs");
}

guint gdbstub_cpus(const Gdbstub *stub)
{
	return stub->cpus;
}

gboolean gdbstub_run(Gdbstub *stub, guint64 cpus, GError **error)
{
	g_autoptr(GString) text = g_string_new("vCont");

	for (guint i = 0; i < stub->cpus; i++)
		if (cpus >> i & 1)
			g_string_append_printf(text, ";c:%" G_GINT64_MODIFIER "x", stub->id[i]);
	if (stub->runs || text->len == strlen("vCont"))
		return fail(error, stub->runs ? "was told to go on twice" : "has no vCPU to run");
	stub->runs = TRUE;
	return send_packet(stub, text->str, error);
}

gboolean gdbstub_step(Gdbstub *stub, guint cpu, GError **error)
{
	g_autofree char *text = NULL;
	gint by;

	if (stub->runs || cpu >= stub->cpus)
		return fail(error, "cannot step that vCPU now");
	text = g_strdup_printf("vCont;s:%" G_GINT64_MODIFIER "x", stub->id[cpu]);
	stub->runs = TRUE;
	if (!send_packet(stub, text, error))
		return FALSE;
	switch (gdbstub_wait(stub, answer_until(), &by, error)) {
	case GDBSTUB_RUNS:
		return fail(error, "does not end a step");
	case GDBSTUB_BROKEN:
		return FALSE;
	default:
		return TRUE;
	}
}

static gboolean point(Gdbstub *stub, char verb, GdbstubPoint point, guint64 addr, guint len,
		      GError **error)
{
	g_autofree char *text =
		g_strdup_printf("%c%d,%" G_GINT64_MODIFIER "x,%x", verb, point, addr, len);

	return ask_ok(stub, text, error);
}

gboolean gdbstub_set(Gdbstub *stub, GdbstubPoint kind, guint64 addr, guint len, GError **error)
{
	return point(stub, 'Z', kind, addr, len, error);
}

gboolean gdbstub_clear(Gdbstub *stub, GdbstubPoint kind, guint64 addr, guint len, GError **error)
{
	return point(stub, 'z', kind, addr, len, error);
}

static gboolean is_selected(Gdbstub *stub, guint cpu, GError **error)
{
	g_autofree char *text = NULL;

	if (stub->selected == (gint)cpu)
		return TRUE;
	if (cpu >= stub->cpus)
		return fail(error, "has no such vCPU");
	stub->selected = -1;
	text = g_strdup_printf("Hg%" G_GINT64_MODIFIER "x", stub->id[cpu]);
	if (!ask_ok(stub, text, error))
		return FALSE;
	stub->selected = (gint)cpu;
	return TRUE;
}

gboolean gdbstub_regs(Gdbstub *stub, guint cpu, GdbstubRegs *regs, GError **error)
{
	guint8 raw[8 * GDBSTUB_REGS + 4];

	if (!is_selected(stub, cpu, error) || !ask(stub, "g", error))
		return FALSE;
	if (stub->packet->len < 2 * sizeof(raw) ||
	    !packet_bytes(stub->packet->str, raw, sizeof(raw)))
		return fail(error, "does not tell the registers of an x86-64 CPU");
	memcpy(regs->reg, raw, sizeof(regs->reg));
	memcpy(&regs->eflags, raw + sizeof(regs->reg), sizeof(regs->eflags));
	for (guint i = 0; i < GDBSTUB_REGS; i++)
		regs->reg[i] = GUINT64_FROM_LE(regs->reg[i]);
	regs->eflags = GUINT32_FROM_LE(regs->eflags);
	return TRUE;
}

static void append_bytes(GString *text, gconstpointer from, guint len)
{
	for (guint i = 0; i < len; i++)
		g_string_append_printf(text, "%02x", ((const guint8 *)from)[i]);
}

gboolean gdbstub_set_rip(Gdbstub *stub, guint cpu, guint64 rip, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	guint64 raw = GUINT64_TO_LE(rip);

	g_string_printf(text, "P%x=", GDBSTUB_RIP);
	append_bytes(text, &raw, sizeof(raw));
	return is_selected(stub, cpu, error) && ask_ok(stub, text->str, error);
}

gboolean gdbstub_read(Gdbstub *stub, guint cpu, guint64 addr, gpointer to, guint len,
		      GError **error)
{
	g_autofree char *text = g_strdup_printf("m%" G_GINT64_MODIFIER "x,%x", addr, len);

	if (len > GDBSTUB_READ_MAX)
		return fail(error, "was asked for too much memory");
	if (!is_selected(stub, cpu, error) || !ask(stub, text, error))
		return FALSE;
	if (stub->packet->len != 2 * len || !packet_bytes(stub->packet->str, to, len))
		return fail(error, "cannot read that memory");
	return TRUE;
}

gboolean gdbstub_write(Gdbstub *stub, guint cpu, guint64 addr, gconstpointer from, guint len,
		       GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, "M%" G_GINT64_MODIFIER "x,%x:", addr, len);
	append_bytes(text, from, len);
	return is_selected(stub, cpu, error) && ask_ok(stub, text->str, error);
}
