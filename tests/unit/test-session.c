/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole session against a fake tree, and the port on a pair of sockets. */
#include "guest-agent/core/session.h"

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake-tree.h"
#include "guest-agent/core/caps.h"
#include "guest-agent/op/run.h"
#include "guest-agent/core/port.h"

#define SECONDS G_USEC_PER_SEC

typedef struct {
	FakeTree *tree;
	GPtrArray *lines;
	GMutex lock;
	GThread *thread;
	struct recorder rec;
	struct session *session;
} Fixture;

/* Sessions last as long as the process; this is where leak checkers find them. */
static GPtrArray *sessions;

static void on_line(void *user, const char *line, size_t len, enum sink_priority priority)
{
	Fixture *f = user;

	g_mutex_lock(&f->lock);
	g_ptr_array_add(f->lines, g_strndup(line, len - 1));
	g_mutex_unlock(&f->lock);
}

static gpointer serve(gpointer user)
{
	session_serve(user);
	return NULL;
}

static void set_up(Fixture *f, gconstpointer data)
{
	struct sink sink = {.line = on_line, .user = f};

	op_run_init_signals();
	f->tree = fake_tree_new();
	fake_tree_put_blocks(f->tree, 33);
	fake_tree_put(f->tree, "sys/bus/virtio/drivers/virtio_mem", "");
	fake_tree_put(f->tree, "sys/devices/system/memory/auto_online_blocks", "offline\n");
	fake_tree_put(f->tree, "proc/meminfo", "MemTotal:         146276 kB\nMemFree: 1 kB\n");
	fake_tree_put_flags(f->tree, 33 * FAKE_BLOCK_PAGES + 1024, 34 * FAKE_BLOCK_PAGES,
			    FAKE_KPF_OFFLINE);
	f->lines = g_ptr_array_new_with_free_func(g_free);
	f->session = session_new(f->tree->fd, &sink, &f->rec);
	g_ptr_array_add(sessions, f->session);
	f->thread = g_thread_new("serve", serve, f->session);
}

static void tell(Fixture *f, const char *text)
{
	char *line = g_strdup(text);

	session_line(f->session, line, strlen(line));
	g_free(line);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	tell(f, "poweroff");
	g_thread_join(f->thread);
	fake_tree_free(f->tree);
	g_ptr_array_unref(f->lines);
}

/* The first line from @from on that matches the pattern, or -1. */
static int find(Fixture *f, int from, const char *pattern)
{
	int found = -1;

	g_mutex_lock(&f->lock);
	for (guint i = (guint)from; i < f->lines->len && found < 0; i++)
		if (g_pattern_match_simple(pattern, f->lines->pdata[i]))
			found = (int)i;
	g_mutex_unlock(&f->lock);
	return found;
}

/* Waits for it; returns its index. */
static int expect(Fixture *f, int from, const char *pattern)
{
	gint64 end = g_get_monotonic_time() + 10 * SECONDS;
	int at;

	while ((at = find(f, from, pattern)) < 0) {
		if (g_get_monotonic_time() > end)
			g_error("no line like: %s", pattern);
		g_usleep(1000);
	}
	return at;
}

static void test_run(Fixture *f, gconstpointer data)
{
	g_autofree char *policy = NULL, *tuned = NULL;
	int at;

	fake_tree_put(f->tree, "proc/sys/vm/tuned", "old");
	tell(f, "plan proto=1 seed=42 online_policy=online_movable removal=0");
	tell(f, "set path=/proc/sys/vm/tuned value=new");
	tell(f, "op inst=0 name=block-state");
	tell(f, "op inst=1 name=null-walker");
	tell(f, "op inst=2 name=ksm");
	tell(f, "plug bytes=0x8400000");
	fake_tree_put(f->tree, "proc/vmstat", "nr_free_pages 9\noom_kill 3\n");
	tell(f, "go duration_ms=1500");
	at = expect(f, 0, "phase * name=modules");
	at = expect(f, at, "phase * name=plug");
	at = expect(f, at,
		    "mem * total_kb=146276 blocks=2 online=2 partly=1 offline_pages=31744 "
		    "plugged_kb=135168");
	at = expect(f, at, "phase * name=setup");
	at = expect(f, at, "opstate inst=0 name=block-state state=ready reason=");
	at = expect(f, at, "opstate inst=2 name=ksm state=skipped reason=no%20/sys/kernel/mm/ksm*");
	at = expect(f, at, "phase * name=run");
	expect(f, at, "event * name=oom_killed count=3");
	at = expect(f, at, "phase * name=stop");
	expect(f, at, "count * inst=1 name=null-walker steps=*");
	at = expect(f, at, "count * inst=0 name=block-state * blocks=1 *");
	at = expect(f, at, "phase * name=end");
	expect(f, at, "done * reason=duration ops=2 steps=* kmsg_seq=0");
	policy = fake_tree_get(f->tree, "sys/devices/system/memory/auto_online_blocks");
	g_assert_true(g_str_has_prefix(policy, "online_movable"));
	tuned = fake_tree_get(f->tree, "proc/sys/vm/tuned");
	g_assert_cmpstr(tuned, ==, "new");
	tell(f, "go duration_ms=1");
	expect(f, 0, "log text=a%20second%20go*");
}

/*
 * Once-only warnings are cleared while the ops run, where the kernel lets them be. Its file takes
 * no offsets; neither does a pipe.
 */
static void test_warn_once(Fixture *f, gconstpointer data)
{
	g_autofree char *path =
		g_build_filename(f->tree->path, "sys/kernel/debug/clear_warn_once", NULL);
	char cleared[64];
	int pipe;

	fake_tree_put(f->tree, "sys/kernel/debug/clear_warn_once", "");
	g_assert_cmpint(unlink(path), ==, 0);
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	g_assert_cmpint(pipe, >=, 0);
	tell(f, "plan proto=1 seed=1 online_policy=");
	tell(f, "op inst=0 name=null-hammer");
	tell(f, "go duration_ms=300 warn_once_ms=20");
	expect(f, 0, "done * reason=duration ops=1 *");
	g_assert_cmpint(read(pipe, cleared, sizeof(cleared)), >, 1);
	g_assert_cmpmem(cleared, 2, "11", 2);
	close(pipe);
}

static void test_stop_and_ping(Fixture *f, gconstpointer data)
{
	int at;

	tell(f, "plan proto=1 seed=1 online_policy=");
	tell(f, "op inst=0 name=null-hammer pace-us=60000000");
	tell(f, "go duration_ms=0");
	at = expect(f, 0, "phase * name=run");
	tell(f, "ping id=7%20x");
	at = expect(f, at, "pong id=7%20x t_ns=*");
	tell(f, "stop");
	expect(f, at, "done * reason=stop ops=1 *");
}

static void test_plug_stopped(Fixture *f, gconstpointer data)
{
	tell(f, "plan proto=1 seed=1 online_policy=");
	tell(f, "plug bytes=0x100000000"); /* never comes */
	expect(f, 0, "phase * name=plug");
	tell(f, "ping id=1");
	expect(f, 0, "pong id=1 *");
	tell(f, "stop");
	expect(f, 0, "mem *");
}

/* A kernel that will never plug anything says so at once. */
static void test_no_driver(Fixture *f, gconstpointer data)
{
	fake_tree_remove(f->tree, "sys/bus/virtio/drivers/virtio_mem");
	tell(f, "plan proto=1 seed=1 online_policy=");
	tell(f, "plug bytes=0x100000");
	expect(f, expect(f, 0, "phase * name=plug"), "event * name=no_driver*");
	tell(f, "stop");
}

static void test_bad_messages(Fixture *f, gconstpointer data)
{
	tell(f, "go duration_ms=1");
	expect(f, 0, "log text=go%20without%20a%20plan");
	tell(f, "op inst=0 name=null-hammer");
	expect(f, 0, "opstate inst=0 name=null-hammer state=failed reason=there%20is%20no%20plan*");
	tell(f, "plan proto=99 seed=1");
	expect(f, 0, "log text=the%20plan%20is%20of%20protocol%2099*");
	tell(f, "plan proto=1 seed=1");
	expect(f, 0, "log text=a%20second%20plan*");
	tell(f, "op inst=1 name=ksm area-mb=0");
	expect(f, 0, "opstate inst=1 name=ksm state=failed reason=*1..4096");
	tell(f, "op inst=2 name=null-hammer");
	tell(f, "op inst=2 name=null-hammer");
	expect(f, 0, "opstate inst=2 name=null-hammer state=failed *");
	tell(f, "set path=/no/such/file value=1");
	expect(f, 0, "event * name=set_failed path=/no/such/file error=*");
	tell(f, "module path=/modules/none.ko params= needed=1");
	expect(f, 0, "event * name=module_failed path=/modules/none.ko error=*");
	tell(f, "hello proto=1");
	expect(f, 0, "log text=malformed*");
}

static void test_caps(void)
{
	g_autoptr(FakeTree) tree = fake_tree_new();
	Fixture f = {.lines = g_ptr_array_new_with_free_func(g_free)};
	struct sink sink = {.line = on_line, .user = &f};
	struct rec_head head = {0};
	struct recorder rec = {.head = &head, .pfn = {0xb5ec, 1}};

	fake_tree_put_blocks(tree, 32);
	fake_tree_put(tree, "sys/kernel/debug/sched/preempt", "none (voluntary) full\n");
	fake_tree_put(tree, "proc/cmdline", "console=ttyS0 quiet\n");
	caps_send(&sink, tree->fd, &rec);
	g_assert_cmpint(find(&f, 0, "hello proto=1 * block_bytes=134217728 * rec_pages=17"), ==, 0);
	g_assert_cmpint(find(&f, 0, "rec first=0 pfns=b5ec,1,0,0,*"), ==, 1);
	g_assert_cmpint(find(&f, 0, "cap name=preempt value=voluntary"), >, 0);
	g_assert_cmpint(find(&f, 0, "cap name=cmdline value=console=ttyS0%20quiet"), >, 0);
	g_assert_cmpint(find(&f, 0, "cap name=kpageflags value=1"), >, 0);
	g_assert_cmpint(find(&f, 0, "cap name=damon value=0"), >, 0);
	g_assert_cmpint(find(&f, 0, "cap name=tainted *"), <, 0);
	g_ptr_array_unref(f.lines);
}

typedef struct {
	GString *got;
	gint gone;
} PortUser;

static void port_line(void *user, char *line, size_t len)
{
	PortUser *u = user;

	g_string_append_printf(u->got, "%s|", line);
}

static void port_gone(void *user)
{
	g_atomic_int_set(&((PortUser *)user)->gone, 1);
}

/* The host reads nothing until the queue is full: what was said last is what is lost. */
static void test_port(void)
{
	PortUser user = {.got = g_string_new(NULL)};
	struct port_handlers handlers = {.line = port_line, .gone = port_gone, .user = &user};
	g_autofree char *big = g_strnfill(7000, 'x');
	g_autoptr(GString) all = g_string_new(NULL);
	guint low = 0, high = 0;
	gint64 end = g_get_monotonic_time() + 60 * SECONDS;
	bool drained;
	struct port *port;
	struct sink sink;
	int fds[2];
	char buf[65536];
	ssize_t len;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), ==, 0);
	port = port_new(fds[0], &handlers);
	g_assert_nonnull(port);
	g_assert_true(port_listen(port));
	sink = port_sink(port);
	big[0] = 'L';
	for (int i = 0; i < 400; i++) {
		big[6999] = '\n';
		sink.line(sink.user, big, 7000, SINK_LOW);
	}
	big[0] = 'H';
	for (int i = 0; i < 400; i++)
		sink.line(sink.user, big, 7000, SINK_HIGH);
	g_assert_false(port_drain(port, 20));
	g_assert_cmpint(write(fds[1], "ping id=1\nst", 12), ==, 12);
	g_assert_cmpint(write(fds[1], "op\n", 3), ==, 3);
	/* On a busy machine the first loss is told long before the last line. */
	do {
		drained = port_drain(port, 1);
		while ((len = read(fds[1], buf, sizeof(buf))) > 0)
			g_string_append_len(all, buf, len);
		g_assert_cmpint(g_get_monotonic_time(), <, end);
	} while (!drained);
	g_assert_nonnull(strstr(all->str, "name=lines_dropped count="));
	for (const char *p = all->str; (p = strchr(p, '\n')); p++) {
		low += p[1] == 'L';
		high += p[1] == 'H';
	}
	/* A quarter of the queue for the one kind, the rest of it for the other. */
	g_assert_cmpuint(low, >, 30);
	g_assert_cmpuint(low, <, 120);
	g_assert_cmpuint(high, >, 100);
	g_assert_cmpuint(high, <, 200);
	close(fds[1]);
	while (!g_atomic_int_get(&user.gone)) {
		g_assert_cmpint(g_get_monotonic_time(), <, end);
		g_usleep(1000);
	}
	g_assert_cmpstr(user.got->str, ==, "ping id=1|stop|");
	g_string_free(user.got, TRUE);
}

static void add(const char *path, void (*body)(Fixture *, gconstpointer))
{
	g_test_add(path, Fixture, NULL, set_up, body, tear_down);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	signal(SIGPIPE, SIG_IGN);
	sessions = g_ptr_array_new();
	add("/session/run", test_run);
	add("/session/warn-once", test_warn_once);
	add("/session/stop-and-ping", test_stop_and_ping);
	add("/session/plug-stopped", test_plug_stopped);
	add("/session/no-driver", test_no_driver);
	add("/session/bad-messages", test_bad_messages);
	g_test_add_func("/caps", test_caps);
	g_test_add_func("/port", test_port);
	return g_test_run();
}
