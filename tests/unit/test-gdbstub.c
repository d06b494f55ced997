/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client of the gdb stub against a scripted stub, which also says what none may say. */
#include "host-driver/gdbstub/gdbstub.h"
#include "host-driver/gdbstub/packet.h"
#include "host-driver/base/error.h"
#include "tests/unit/gdb-fixture.h"

#include <string.h>

#define SOON (g_get_monotonic_time() + 30 * G_TIME_SPAN_SECOND)

static Gdbstub *attach(GdbServer *server)
{
	Gdbstub *stub = gdbstub_new(server->client_fd);
	g_autoptr(GError) error = NULL;

	g_assert_true(gdbstub_attach(stub, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(gdbstub_cpus(stub), ==, 2);
	return stub;
}

static void test_drives_a_guest(void)
{
	g_autofree char *regs = gdb_registers(0xffffffff81000010, 0xffffc90000003f00, 7, 8);
	const GdbLine script[] = {GDB_ATTACHES,
				  {"Z1,ffffffff81000010,1", "OK"},
				  {"vCont;c:1;c:2", "T05thread:02;"},
				  {"Hg2", "OK"},
				  {"g", regs},
				  {"m1000,4", "01020304"},
				  {"M1000,2:abcd", "OK"},
				  {"P10=efbeadde00000000", "OK"},
				  {"vCont;s:2", "T05thread:02;"},
				  {"z1,ffffffff81000010,1", "OK"},
				  {"vCont;c:1", NULL},
				  {"^C", "T02thread:01;"},
				  {NULL}};
	GdbServer *server = gdb_server_new(script);
	Gdbstub *stub = attach(server);
	GdbstubRegs got;
	guint8 bytes[4];
	gint cpu = -1;

	g_assert_true(gdbstub_set(stub, GDBSTUB_HARDWARE, 0xffffffff81000010, 1, NULL));
	g_assert_true(gdbstub_run(stub, 3, NULL));
	g_assert_cmpint(gdbstub_wait(stub, SOON, &cpu, NULL), ==, GDBSTUB_STOPPED);
	g_assert_cmpint(cpu, ==, 1);
	g_assert_true(gdbstub_regs(stub, 1, &got, NULL));
	g_assert_cmphex(got.reg[GDBSTUB_RIP], ==, 0xffffffff81000010);
	g_assert_cmphex(got.reg[GDBSTUB_RSP], ==, 0xffffc90000003f00);
	g_assert_cmphex(got.reg[GDBSTUB_RDI], ==, 7);
	g_assert_cmphex(got.reg[GDBSTUB_RSI], ==, 8);
	g_assert_cmphex(got.eflags, ==, 0x246);
	g_assert_true(gdbstub_read(stub, 1, 0x1000, bytes, 4, NULL));
	g_assert_cmpmem(bytes, 4, "\1\2\3\4", 4);
	g_assert_true(gdbstub_write(stub, 1, 0x1000, "\xab\xcd", 2, NULL));
	g_assert_true(gdbstub_set_rip(stub, 1, 0xdeadbeef, NULL));
	g_assert_true(gdbstub_step(stub, 1, NULL));
	g_assert_true(gdbstub_clear(stub, GDBSTUB_HARDWARE, 0xffffffff81000010, 1, NULL));
	/* Nobody stops: only halting it does. */
	g_assert_true(gdbstub_run(stub, 1, NULL));
	g_assert_cmpint(gdbstub_wait(stub, g_get_monotonic_time() + 1000, &cpu, NULL), ==,
			GDBSTUB_RUNS);
	g_assert_true(gdbstub_halt(stub, NULL));
	g_assert_true(gdbstub_halt(stub, NULL));
	gdbstub_free(stub);
	gdb_server_end(server);
}

/* What a running guest must not be asked: any byte would stop it. */
static void test_asks_no_running_guest(void)
{
	const GdbLine script[] = {GDB_ATTACHES, {"vCont;c:2", NULL}, {NULL}};
	GdbServer *server = gdb_server_new(script);
	Gdbstub *stub = attach(server);
	guint8 byte;

	g_assert_false(gdbstub_run(stub, 0, NULL));
	g_assert_true(gdbstub_run(stub, 2, NULL));
	g_assert_false(gdbstub_run(stub, 2, NULL));
	g_assert_false(gdbstub_step(stub, 0, NULL));
	g_assert_false(gdbstub_read(stub, 0, 0x1000, &byte, 1, NULL));
	gdbstub_free(stub);
	gdb_server_end(server);
}

static void expect_no_attach(const GdbLine *script, const char *words)
{
	GdbServer *server = gdb_server_new(script);
	Gdbstub *stub = gdbstub_new(server->client_fd);
	g_autoptr(GError) error = NULL;

	g_assert_false(gdbstub_attach(stub, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, words));
	gdbstub_free(stub);
	gdb_server_end(server);
}

static void test_hostile_stubs(void)
{
	const GdbLine none[] = {{"^C", "S05"}, {"vCont?", ""}, {NULL}};
	const GdbLine empty[] = {{"^C", "S05"},
				 {"vCont?", "vCont;c;s"},
				 GDB_FEATURES,
				 {"qfThreadInfo", "l"},
				 {NULL}};
	const GdbLine odd[] = {{"^C", "S05"},
			       {"vCont?", "vCont;c;s"},
			       GDB_FEATURES,
			       {"qfThreadInfo", "m01,zz"},
			       {NULL}};
	const GdbLine sum[] = {{"^C", "!$T05#00"}, {NULL}};
	const GdbLine ended[] = {{"^C", "W00"}, {NULL}};
	g_autofree char *many = g_strnfill(40000, ',');

	expect_no_attach(none, "single vCPUs");
	expect_no_attach(empty, "no vCPUs");
	expect_no_attach(odd, "cannot be");
	expect_no_attach(sum, "no packet");
	expect_no_attach(ended, "has ended");
	for (guint i = 0; i < 20000; i++)
		memcpy(many + 2 * i, ",1", 2);
	many[0] = 'm';
	expect_no_attach((const GdbLine[]){{"^C", "S05"},
					   {"vCont?", "vCont;c;s"},
					   GDB_FEATURES,
					   {"qfThreadInfo", many},
					   {NULL}},
			 "cannot be");
}

static void test_refuses(void)
{
	const GdbLine script[] = {
		GDB_ATTACHES,	   {"Z4,10,40", "E22"}, {"Hg1", "OK"}, {"m10,8", "E14"},
		{"m10,8", "0102"}, {"g", "00"},		{NULL}};
	GdbServer *server = gdb_server_new(script);
	Gdbstub *stub = attach(server);
	GdbstubRegs regs;
	guint8 bytes[8];

	g_assert_false(gdbstub_set(stub, GDBSTUB_ACCESS, 0x10, 64, NULL));
	g_assert_false(gdbstub_read(stub, 0, 0x10, bytes, 8, NULL));
	g_assert_false(gdbstub_read(stub, 0, 0x10, bytes, 8, NULL));
	g_assert_false(gdbstub_regs(stub, 0, &regs, NULL));
	g_assert_false(gdbstub_regs(stub, 2, &regs, NULL));
	gdbstub_free(stub);
	gdb_server_end(server);
}

static gpointer cut_soon(gpointer stub)
{
	g_usleep(20000);
	gdbstub_cut(stub);
	return NULL;
}

/* A wait without an end does not outlive the boot. */
static void test_is_cut(void)
{
	const GdbLine script[] = {GDB_ATTACHES, {"vCont;c:1", NULL}, {NULL}};
	GdbServer *server = gdb_server_new(script);
	Gdbstub *stub = attach(server);
	GThread *thread;
	gint cpu;

	g_assert_true(gdbstub_run(stub, 1, NULL));
	thread = g_thread_new("cut", cut_soon, stub);
	g_assert_cmpint(gdbstub_wait(stub, G_MAXINT64, &cpu, NULL), ==, GDBSTUB_BROKEN);
	g_thread_join(thread);
	gdbstub_free(stub);
	gdb_server_end(server);
}

static void test_packets(void)
{
	static const struct {
		const char *bytes, *data;
		int taken;
	} cases[] = {
		{"+++$OK#9a", "OK", 1}, {"$O", NULL, 0},	{"$OK#9", NULL, 0},
		{"noise", NULL, 0},	{"$0* #7a", "0000", 1}, /* a repeat: ' ' is 3 more */
		{"$}\003#80", "#", 1},				/* an escape */
		{"$OK#00", NULL, -1},				/* a wrong sum */
		{"$OK#zz", NULL, -1},				/* none */
		{"$* #4a", NULL, -1},				/* a repeat of nothing */
		{"$ab}#40", NULL, -1},				/* an escape of nothing */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) in = g_byte_array_new();
		g_autoptr(GString) data = g_string_new(NULL);

		g_byte_array_append(in, (const guint8 *)cases[i].bytes,
				    (guint)strlen(cases[i].bytes));
		g_assert_cmpint(packet_take(in, data), ==, cases[i].taken);
		if (cases[i].data)
			g_assert_cmpstr(data->str, ==, cases[i].data);
	}
}

/* Repeats may not make much of little, nor may a packet never end. */
static void test_packets_are_bounded(void)
{
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_autoptr(GString) data = g_string_new(NULL);
	g_autoptr(GString) long_one = g_string_new("0");
	g_autofree char *frame = NULL;

	for (guint i = 0; i < 2000; i++)
		g_string_append(long_one, "*~");
	frame = packet_frame(long_one->str);
	g_byte_array_append(in, (const guint8 *)frame, (guint)strlen(frame));
	g_assert_cmpint(packet_take(in, data), ==, -1);
	g_byte_array_set_size(in, 0);
	g_byte_array_append(in, (const guint8 *)"$", 1);
	for (guint i = 0; i < PACKET_MAX_BYTES; i++)
		g_byte_array_append(in, (const guint8 *)"a", 1);
	g_assert_cmpint(packet_take(in, data), ==, -1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gdbstub/drives-a-guest", test_drives_a_guest);
	g_test_add_func("/gdbstub/asks-no-running-guest", test_asks_no_running_guest);
	g_test_add_func("/gdbstub/hostile-stubs", test_hostile_stubs);
	g_test_add_func("/gdbstub/refuses", test_refuses);
	g_test_add_func("/gdbstub/is-cut", test_is_cut);
	g_test_add_func("/gdbstub/packets", test_packets);
	g_test_add_func("/gdbstub/packets-are-bounded", test_packets_are_bounded);
	return g_test_run();
}
