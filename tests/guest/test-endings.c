/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways to start hunts of real kernels, and ways in which they end: parallel boots, Ctrl-C, kill -9
 * of the program or of its QEMU, a full disk.
 */
#include "tests/guest/hunt-fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static void left_nothing(const Hunt *h)
{
	g_autoptr(GDir) dir = g_dir_open(h->results, 0, NULL);

	g_assert_true(dir && !g_dir_read_name(dir));
}

static void test_bad_input(Hunt *h, gconstpointer data)
{
	static const struct {
		const char *scenario, *option, *value, *words;
	} cases[] = {
		{"nosuch", NULL, NULL, "no scenario 'nosuch'"},
		{"quick", "--kernel", "/etc/passwd", "/etc/passwd"},
		{"quick", "--kernel", "/nowhere/bzImage", "/nowhere/bzImage"},
		{"quick", "--accel", "xen", "use auto, kvm or tcg"},
		{"quick", "--time", "soon", "90s, 30m or 8h"},
		{"quick", "--boots", "-3", "1 to 1000000"},
		{"quick", "--backend", "vbox", "there is qemu"},
		{"quick", "--bogus", "1", "--bogus"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *end;

		hunt_start(h, cases[i].scenario, cases[i].option, cases[i].value);
		hunt_finish(h);
		g_assert_cmpint(h->code, ==, 2);
		hunt_has(h, cases[i].words);
		/* One line of complaint, and nothing left behind. */
		end = strstr(h->out, "pfnhunt: ");
		g_assert_true(end && g_str_equal(strchrnul(end, '\n'), "\n"));
		left_nothing(h);
	}
}

static void test_dry_run(Hunt *h, gconstpointer data)
{
	hunt_start(h, "quick", "--dry-run", NULL);
	hunt_finish(h);
	g_assert_cmpint(h->code, ==, 0);
	if (backend_option()) {
		hunt_has(h, "<domain type=");
		hunt_has(h, "<memory model=\"virtio-mem\">");
	} else {
		hunt_has(h, "qemu-system-x86_64");
		hunt_has(h, "virtio-mem-pci");
	}
	hunt_has(h, "name=block-state");
	left_nothing(h);
}

/* Three at once: started before any of them is over. */
static void test_jobs(Hunt *h, gconstpointer data)
{
	const char *first_over, *last_begun;

	hunt_start(h, "jobs.ini", "--jobs", "3");
	hunt_finish(h);
	hunt_expect(h, 0, "clean");
	hunt_has(h, "3 clean");
	first_over = strstr(h->out, ": clean, ");
	last_begun = strstr(h->out, "boot 3/3: seed");
	g_assert_true(last_begun && first_over && last_begun < first_over);
}

static void test_interrupt(Hunt *h, gconstpointer data)
{
	hunt_start(h, "long.ini", NULL, NULL);
	if (!hunt_interrupt(h))
		return;
	hunt_finish(h);
	hunt_expect(h, 4, "unexposed");
	hunt_expect_files(h);
	hunt_has(h, "interrupted");
}

/* Ctrl-C in a matrix: the boot ends well and is kept, the table has what there is. */
static void test_matrix_interrupt(Hunt *h, gconstpointer data)
{
	g_autofree char *first = hunt_scenario("long.ini"), *second = hunt_scenario("null.ini");
	g_autofree char *list = g_strdup_printf("%s,%s", first, second);

	HUNT_SPAWN(h, "run", second, "--kernel", "6.1", "--dry-run");
	hunt_finish(h);
	if (h->code == 2) {
		g_test_skip("there is no kernel 6.1");
		return;
	}
	HUNT_SPAWN(h, "matrix", "--kernels", "6.1", "--scenarios", list, "--boots", "2",
		   backend_option(), backend_text());
	if (!hunt_interrupt(h))
		return;
	hunt_finish(h);
	hunt_expect(h, 4, "unexposed");
	hunt_expect_files(h);
	hunt_expect_backend(h);
	hunt_has(h, "long.ini  none    0/0, 1 unexposed");
	hunt_has(h, "null.ini  none    -");
	hunt_has(h, "interrupted: the rest was not run");
}

/* Starts a hunt. Once its ops run: the child of pfnhunt that is QEMU, or libvirt's; 0: neither. */
static pid_t start_qemu(Hunt *h)
{
	g_autofree char *path = NULL, *text = NULL;
	const char *parent;
	gint64 pid = 0;

	hunt_start(h, "long.ini", NULL, NULL);
	if (!hunt_wait_for(h, "counters.jsonl", "block-state"))
		return 0;
	parent = g_subprocess_get_identifier(h->process);
	path = g_strdup_printf("/proc/%s/task/%s/children", parent, parent);
	if (backend_option())
		pid = backend_qemu();
	else if (g_file_get_contents(path, &text, NULL, NULL))
		pid = g_ascii_strtoll(text, NULL, 10);
	g_assert_cmpint(pid, >, 1);
	return pid > 1 ? (pid_t)pid : 0;
}

/* A zombie that nobody reaps is dead too. */
static gboolean is_dead(pid_t pid)
{
	g_autofree char *stat = g_strdup_printf("/proc/%d/stat", (int)pid), *text = NULL;

	return !g_file_get_contents(stat, &text, NULL, NULL) || strstr(text, ") Z ");
}

/* kill -9 of the program: QEMU goes with it, what had arrived is on disk. */
static void test_killed(Hunt *h, gconstpointer data)
{
	g_autofree char *counters = NULL, *console = NULL, *words = NULL;
	pid_t qemu = start_qemu(h);

	if (!qemu)
		return;
	g_subprocess_send_signal(h->process, SIGKILL);
	hunt_finish(h);
	/* The embedded driver's guests live on: that is what `backend clean` is for. */
	if (backend_option()) {
		words = backend_clean();
		g_assert_true(words && strstr(words, "ended guest pfnhunt-"));
	}
	for (guint i = 0; i < 50 && !is_dead(qemu); i++)
		g_usleep(100000);
	g_assert_true(is_dead(qemu));
	counters = hunt_evidence(h, "counters.jsonl");
	console = hunt_evidence(h, "console.log");
	g_assert_nonnull(strstr(counters, "block-state"));
	g_assert_nonnull(strstr(console, "Linux version"));
}

static void test_qemu_killed(Hunt *h, gconstpointer data)
{
	pid_t qemu = start_qemu(h);

	if (!qemu)
		return;
	g_assert_cmpint(kill(qemu, SIGKILL), ==, 0);
	hunt_finish(h);
	hunt_expect(h, 3, "lost");
	hunt_expect_files(h);
}

/* Root's QEMU is another user's, though all that it is given lies where only root may go. */
static void test_not_root(Hunt *h, gconstpointer data)
{
	g_autofree char *path = NULL, *status = NULL;
	pid_t qemu;

	if (geteuid() != 0 || backend_option()) {
		g_test_skip("a QEMU of root's");
		return;
	}
	qemu = start_qemu(h);
	if (!qemu)
		return;
	path = g_strdup_printf("/proc/%d/status", (int)qemu);
	g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
	g_assert_false(g_regex_match_simple("^[UG]id:.*\\t0(\\t|$)", status, G_REGEX_MULTILINE, 0));
	g_assert_false(
		g_regex_match_simple("^Groups:.*[\\t ]0( |$)", status, G_REGEX_MULTILINE, 0));
	g_assert_true(g_regex_match_simple("^CapPrm:\\t0+$", status, G_REGEX_MULTILINE, 0));
	g_subprocess_send_signal(h->process, SIGINT);
	hunt_finish(h);
	hunt_expect(h, 4, "unexposed");
}

#define OWN_MOUNTS "unshare", "--user", "--map-root-user", "--mount"

/*
 * Runs "$@" behind the folder and the size of a disk in it, which another writer fills as soon as
 * the second boot's ops run. The namespace takes the disk with it: what is on it is copied. The
 * time is less than HUNT_DEADLINE_S, whose end would meet the shell alone.
 */
static const char on_small_disk[] = "dir=$1 size=$2; shift 2\n"
				    "mount -t tmpfs -o size=$size tmpfs $dir || exit 99\n"
				    "{\n"
				    "	until [ -s $dir/*/boots/0001/counters.jsonl ]; do\n"
				    "		sleep 0.1\n"
				    "	done\n"
				    "	while sleep 0.1; do cat /dev/zero >>$dir/filler; done\n"
				    "} 2>/dev/null &\n"
				    "filler=$!\n"
				    "timeout 140 \"$@\"; code=$?\n"
				    "kill $filler\n"
				    "cp -a $dir/2* $dir/.. 2>/dev/null\n"
				    "exit $code\n";

static void run_on_small_disk(Hunt *h, const char *size)
{
	static const char *const before[] = {OWN_MOUNTS, "sh", "-c", on_small_disk, "sh"};
	g_autofree char *scenario = hunt_scenario("null.ini");
	g_autofree char *disk = g_build_filename(h->results, "disk", NULL);
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	const char *const run[] = {g_getenv("PFNHUNT_EXE"),
				   "run",
				   scenario,
				   "--boots",
				   "2",
				   "--results",
				   disk,
				   backend_option(),
				   backend_text(),
				   NULL};

	g_mkdir(disk, 0700);
	for (guint i = 0; i < G_N_ELEMENTS(before); i++)
		g_ptr_array_add(argv, (char *)before[i]);
	g_ptr_array_add(argv, disk);
	g_ptr_array_add(argv, (char *)size);
	/* The root of a namespace that knows no other user is none that libvirt can work with. */
	if (backend_option())
		backend_add_somebody_else(argv);
	for (guint i = 0; i < G_N_ELEMENTS(run); i++)
		g_ptr_array_add(argv, (char *)run[i]);
	hunt_spawn_bare(h, (const char *const *)argv->pdata);
	hunt_finish(h);
}

/* One line of complaint, the last, which says what is the matter. */
static void complained_of_disk(const Hunt *h)
{
	const char *line = strstr(h->out, "pfnhunt: ");

	hunt_ended(h, 3);
	g_assert_true(line && strstr(line, "No space left on device"));
	g_assert_true(line && g_str_equal(strchrnul(line, '\n'), "\n"));
}

/* A disk that fills up during a boot costs only that boot; its evidence so far is kept. */
static void test_full_disk(Hunt *h, gconstpointer data)
{
	const char *const probe[] = {OWN_MOUNTS, "mount", "-t", "tmpfs", "tmpfs", h->results, NULL};
	g_autofree char *kmsg = NULL, *console = NULL;
	int status = 0;

	if (!g_spawn_sync(NULL, (char **)probe, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
			  &status, NULL) ||
	    status) {
		g_test_skip("no user namespace in which a tmpfs can be mounted");
		return;
	}
	run_on_small_disk(h, "1m"); /* less than the initramfs */
	complained_of_disk(h);
	g_assert_null(strstr(h->out, "boot 1/2"));

	run_on_small_disk(h, "16m"); /* guests have more memory than that: it is not on it */
	complained_of_disk(h);
	hunt_has(h, "boot 1: clean, 2 of 2 ops ran to the end");
	hunt_has(h, "boot 2: infra, ");
	kmsg = hunt_evidence(h, "kmsg.jsonl");
	console = hunt_evidence(h, "console.log");
	g_assert_nonnull(strstr(kmsg, "Linux version"));
	g_assert_nonnull(strstr(console, "Linux version"));
	HUNT_SAYS(h, 0, "results", "rebuild");
	hunt_has(h, "indexed 1 hunt, 2 boots");
	HUNT_SAYS(h, 0, "results", "show", "last");
	hunt_has(h, "2 of 2 ops ran to the end");
}

int main(int argc, char **argv)
{
	static const HuntCase cases[] = {
		{"/endings/bad-input", test_bad_input, NULL},
		{"/endings/dry-run", test_dry_run, NULL},
		{"/endings/jobs", test_jobs, NULL},
		{"/endings/interrupt", test_interrupt, NULL},
		{"/endings/matrix-interrupt", test_matrix_interrupt, NULL},
		{"/endings/killed", test_killed, NULL},
		{"/endings/qemu-killed", test_qemu_killed, NULL},
		{"/endings/not-root", test_not_root, NULL},
		{"/endings/full-disk", test_full_disk, NULL},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
