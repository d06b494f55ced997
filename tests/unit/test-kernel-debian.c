/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --kernel debian from end to end without a network: apt-get, apt-cache and depmod are shell
 * scripts that log their calls, and hand out packages made here.
 */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host-driver/base/error.h"
#include "host-driver/base/tree.h"
#include "host-driver/kernel/cache.h"
#include "host-driver/kernel/debian.h"
#include "host-driver/kernel/kernel.h"
#include "tests/unit/kernel-fixture.h"

#define R    FIX_RELEASE
#define NEXT "7.9.1+deb99-amd64"

static const char APT_GET[] =
	"#!/bin/sh\n"
	"echo \"apt-get $*\" >>\"$FAKE/log\"\n"
	"case \"$*\" in\n"
	"indextargets*)\n"
	"	printf 'Packages\\tmain\\t%s\\t%s\\thttp://m.example/\\t/none:1\\n' $CODE $CODE\n"
	"	printf 'Packages\\tmain\\t%s-security\\t-\\thttp://s.example/\\t/none:2\\n' "
	"$CODE;;\n"
	"*update)\n"
	"	[ -e \"$FAKE/sleep\" ] && exec sleep 60\n"
	"	[ -e \"$FAKE/slow\" ] && sleep 0.3\n"
	"	[ -e \"$FAKE/offline\" ] && { echo 'E: Could not resolve m.example' >&2; exit 100; "
	"}\n"
	"	grep -q 'next-security' \"${2%apt.conf}sources.list\" && {\n"
	"		echo \"E: The repository 'http://s.example next-security Release' does not "
	"have\"\\\n"
	"			\"a Release file.\" >&2; exit 100; }\n"
	"	exit 0;;\n"
	"*download*)\n"
	"	shift 4\n"
	"	for p; do cp \"$FAKE/${p%=*}.deb\" .; done;;\n"
	"esac\n";

static const char APT_CACHE[] =
	"#!/bin/sh\n"
	"echo \"apt-cache $*\" >>\"$FAKE/log\"\n"
	"suite=$(basename $(dirname \"$2\"))\n"
	"for last; do :; done\n"
	"if [ $3 = pkgnames ]; then\n"
	"	printf '%s\\n' linux-image-amd64 linux-image-" R " linux-image-7.9-amd64 \\\n"
	"		linux-image-7.9.1+deb99-cloud-amd64 linux-image-" NEXT " \\\n"
	"		linux-image-7.10.1+deb99-amd64-dbg\n"
	"	exit\n"
	"fi\n"
	"cat \"$FAKE/$suite/$last\" 2>/dev/null || { echo 'E: No packages found' >&2; exit 100; "
	"}\n";

static const char DEPMOD[] = "#!/bin/sh\n"
			     "echo \"depmod\" >>\"$FAKE/log\"\n"
			     "touch \"$2/lib/modules/$3/modules.dep.bin\"\n";

static char *base, *cache, *fake, *bin, *codename, *real_path;

static void put_package(const char *suite, const char *name, const char *depends)
{
	g_autofree char *file = g_build_filename(suite, name, NULL);
	g_autofree char *text =
		g_strdup_printf("Package: %s\nVersion: 1:2.3-4\nDepends: %s\nSize: 71000000\n"
				"SHA256: 0123456789abcdef\nDescription: x\n Version: 9\n\n"
				"Package: other\nVersion: 0\n",
				name, depends);

	g_free(fix_write(fake, file, text, -1));
}

/* The old form (all in one package) as the machine's suite, the new one as suite "next". */
static void set_up(void)
{
	g_autoptr(GByteArray) image = fix_kernel(FIX_PVH | FIX_BUILD_ID_NOTE);
	g_autofree char *deb = NULL, *meta = NULL, *base_deb = NULL, *binary = NULL, *mods = NULL;

	base = fix_dir();
	g_setenv("XDG_CACHE_HOME", base, TRUE);
	cache = kernel_cache_dir(NULL);
	fake = g_build_filename(base, "fake", NULL);
	bin = g_build_filename(base, "bin", NULL);
	codename = kernel_debian_suite(NULL);
	fix_script(bin, "apt-get", APT_GET);
	fix_script(bin, "apt-cache", APT_CACHE);
	fix_script(bin, "depmod", DEPMOD);
	real_path = g_strdup(g_getenv("PATH"));
	g_setenv("FAKE", fake, TRUE);
	g_setenv("CODE", codename ? codename : "none", TRUE);

	put_package(codename ? codename : "none", "linux-image-amd64",
		    "linux-base-amd64 (= 1), linux-image-" R " (= 1:2.3-4)");
	put_package(codename ? codename : "none", "linux-image-" R, "kmod, linux-base (>= 4.3~)");
	deb = g_build_filename(fake, "linux-image-" R ".deb", NULL);
	fix_deb(deb, (const FixFile[]){{"./boot/vmlinuz-" R, image->data, image->len},
				       {"./boot/config-" R, "CONFIG_KSM=y\n", -1},
				       {"./lib/modules/" R "/modules.order", "", 0},
				       {NULL}});

	put_package("next", "linux-image-amd64", "linux-image-" NEXT " (= 1:2.3-4)");
	put_package("next", "linux-image-" NEXT,
		    "dracut | initramfs-tools, linux-base-" NEXT " (= 1), linux-binary-" NEXT
		    " (= 1), linux-modules-" NEXT " (= 1)");
	put_package("next", "linux-base-" NEXT, "libc6");
	put_package("next", "linux-binary-" NEXT, "linux-base-" NEXT);
	put_package("next", "linux-modules-" NEXT, "kmod, linux-base-" NEXT " (= 1)");
	meta = g_build_filename(fake, "linux-image-" NEXT ".deb", NULL);
	fix_deb(meta, (const FixFile[]){{"./usr/share/doc/x", "x", -1}, {NULL}});
	base_deb = g_build_filename(fake, "linux-base-" NEXT ".deb", NULL);
	fix_deb(base_deb,
		(const FixFile[]){{"./usr/lib/modules/" NEXT "/config", "CONFIG_KSM=m\n", -1},
				  {NULL}});
	binary = g_build_filename(fake, "linux-binary-" NEXT ".deb", NULL);
	fix_deb(binary,
		(const FixFile[]){{"./usr/lib/modules/" NEXT "/vmlinuz", image->data, image->len},
				  {NULL}});
	mods = g_build_filename(fake, "linux-modules-" NEXT ".deb", NULL);
	fix_deb(mods, (const FixFile[]){{"./usr/lib/modules/" NEXT "/kernel/mm/x.ko.xz", "x", -1},
					{NULL}});
}

/* Empties cache and log; the fake programs come first in PATH. */
static gboolean fresh(void)
{
	g_autofree char *path = g_strdup_printf("%s:%s", bin, real_path);
	g_autofree char *kernels = g_build_filename(cache, "kernels", NULL);

	if (!codename) {
		g_test_skip("this machine is not Debian");
		return FALSE;
	}
	g_setenv("PATH", path, TRUE);
	tree_remove(kernels);
	g_free(fix_write(fake, "log", "", 0));
	return TRUE;
}

static guint count_in_log(const char *words)
{
	g_autofree char *path = g_build_filename(fake, "log", NULL);
	g_autofree char *log = NULL;
	guint n = 0;

	g_assert_true(g_file_get_contents(path, &log, NULL, NULL));
	for (const char *at = strstr(log, words); at; at = strstr(at + 1, words))
		n++;
	return n;
}

/* Files in CACHE/kernels, temporary folders included. */
static guint count_kernels(void)
{
	g_autofree char *kernels = g_build_filename(cache, "kernels", NULL);
	g_autoptr(GDir) dir = g_dir_open(kernels, 0, NULL);
	guint n = 0;

	while (dir && g_dir_read_name(dir))
		n++;
	return n;
}

static void on_progress(const char *text, gpointer user)
{
	g_string_append_printf(user, "%s\n", text);
}

static void test_one_package(void)
{
	g_autoptr(GString) progress = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = NULL;
	g_autoptr(Kernel) again = NULL;

	if (!fresh())
		return;
	kernel = kernel_open("debian", NULL, on_progress, progress, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(kernel->release, ==, R);
	g_assert_cmpstr(kernel->version, ==, "1:2.3-4");
	g_assert_cmpstr(kernel->build_id, ==, FIX_BUILD_ID);
	g_assert_nonnull(kernel->vmlinux_path);
	g_assert_cmpint(kernel_config(kernel, "KSM"), ==, 'y');
	g_assert_nonnull(strstr(progress->str, "fetching linux-image-" R " (71 MB)\n"));
	g_assert_cmpuint(count_in_log("depmod"), ==, 1);
	g_assert_cmpuint(count_kernels(), ==, 1);

	/* From now on it opens without apt. */
	g_setenv("PATH", "/nonexistent", TRUE);
	again = kernel_open("debian", NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(again->image_path, ==, kernel->image_path);
}

static void test_split_packages(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = NULL;

	if (!fresh())
		return;
	kernel = kernel_open("debian:next", NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(kernel->release, ==, NEXT);
	g_assert_nonnull(kernel->vmlinux_path);
	g_assert_cmpint(kernel_config(kernel, "KSM"), ==, 'm');
	/* Its security suite does not exist; that costs a second update, no more. */
	g_assert_cmpuint(count_in_log("update"), ==, 2);
	g_assert_cmpuint(count_in_log("download"), ==, 1);
}

static void test_by_version(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = NULL;

	if (!fresh())
		return;
	kernel = kernel_open("debian:next:7.9", NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(kernel->release, ==, NEXT);
	g_assert_null(kernel_open("debian:next:8", NULL, NULL, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE, "suite next has no kernel 8");
	/* As the suite's default it is looked up, but not fetched again. */
	g_clear_pointer(&kernel, kernel_free);
	kernel = kernel_open("debian:next", NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(kernel->release, ==, NEXT);
	g_assert_cmpuint(count_in_log("download"), ==, 1);
}

/* A bare version is looked for in one suite after the other. */
static void test_fetch(void)
{
	g_autofree char *offline = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = NULL;

	if (!fresh())
		return;
	kernel = kernel_fetch("6.1.0", NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(kernel->release, ==, R);
	g_assert_cmpuint(count_in_log("update"), ==, 1); /* the first suite had it */
	g_assert_null(kernel_fetch("8", NULL, NULL, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE, "no kernel 8 in any suite of the mirror");
	g_assert_cmpuint(count_in_log("update"), >, 4);
	offline = fix_write(fake, "offline", "", 0);
	g_assert_null(kernel_fetch("8", NULL, NULL, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "Could not resolve m.example");
	g_unlink(offline);
	g_assert_null(kernel_fetch("no-such", NULL, NULL, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_USAGE, "no kernel");
}

static void test_offers(void)
{
	g_autofree char *spec = g_strdup_printf("debian:%s:" R, codename ? codename : "");
	g_autofree char *offline = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) offers = NULL;
	const KernelEntry *first, *second;

	if (!fresh())
		return;
	offers = kernel_offers(NULL, NULL, &error);
	g_assert_no_error(error);
	/* Two stock kernels in each suite: no meta package, no cloud kernel, no debug symbols. */
	g_assert_cmpuint(offers->len, >=, 2 * 3);
	g_assert_cmpuint(offers->len % 2, ==, 0);
	first = g_ptr_array_index(offers, 0);
	second = g_ptr_array_index(offers, 1);
	g_assert_cmpstr(first->spec, ==, spec);
	g_assert_cmpstr(second->release, ==, NEXT);
	offline = fix_write(fake, "offline", "", 0);
	g_assert_null(kernel_offers(NULL, NULL, &error));
	fix_check_error(&error, PFNHUNT_ERROR_INFRA, "Could not resolve m.example");
	g_unlink(offline);
}

static void check_fails(const char *spec, int code, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(kernel_open(spec, NULL, NULL, NULL, &error));
	fix_check_error(&error, code, words);
	g_assert_cmpuint(count_kernels(), ==, 0);
}

static void test_failures(void)
{
	g_autofree char *offline = NULL;
	g_autofree char *deb = g_build_filename(fake, "linux-image-" R ".deb", NULL);
	g_autofree char *away = g_build_filename(fake, "away", NULL);

	if (!fresh())
		return;
	offline = fix_write(fake, "offline", "", 0);
	check_fails("debian", PFNHUNT_ERROR_INFRA, "apt-get failed: Could not resolve m.example");
	g_unlink(offline);
	check_fails("debian:none", PFNHUNT_ERROR_INFRA, "linux-image-amd64 of suite none");
	g_rename(deb, away);
	check_fails("debian", PFNHUNT_ERROR_INFRA, "apt-get failed");
	g_free(fix_write(fake, "linux-image-" R ".deb", "broken", -1));
	check_fails("debian", PFNHUNT_ERROR_INFRA, "cannot unpack");
	g_rename(away, deb);
	g_setenv("PATH", "/nonexistent", TRUE);
	check_fails("debian", PFNHUNT_ERROR_USAGE, "no apt-get here");
}

static gpointer interrupt_soon(gpointer user)
{
	g_usleep(G_USEC_PER_SEC / 5);
	kill(getpid(), SIGINT);
	return NULL;
}

/* Ctrl-C while apt waits for the network: an error, no leftovers, and we live. */
static void test_interrupt(void)
{
	g_autofree char *sleep = NULL;
	gint64 start_us = g_get_monotonic_time();
	GThread *thread;

	if (!fresh())
		return;
	sleep = fix_write(fake, "sleep", "", 0);
	thread = g_thread_new("interrupt", interrupt_soon, NULL);
	check_fails("debian", PFNHUNT_ERROR_INFRA, "interrupted");
	g_thread_join(thread);
	g_unlink(sleep);
	g_assert_cmpint(g_get_monotonic_time() - start_us, <, 10 * G_USEC_PER_SEC);
}

/* Two processes want the same kernel: one fetches, the other waits and finds it. */
static void test_two_at_once(void)
{
	g_autofree char *slow = NULL;
	pid_t pids[2];

	if (!fresh())
		return;
	slow = fix_write(fake, "slow", "", 0);
	for (guint i = 0; i < 2; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			g_autoptr(Kernel) kernel = kernel_open("debian", NULL, NULL, NULL, NULL);

			_exit(kernel && strcmp(kernel->release, R) == 0 ? 0 : 1);
		}
	}
	for (guint i = 0; i < 2; i++) {
		int status;

		g_assert_cmpint(waitpid(pids[i], &status, 0), ==, pids[i]);
		g_assert_cmpint(status, ==, 0);
	}
	g_unlink(slow);
	g_assert_cmpuint(count_in_log("update"), ==, 1);
	g_assert_cmpuint(count_in_log("download"), ==, 1);
	g_assert_cmpuint(count_kernels(), ==, 1);
}

/* What a killed fetch left is removed by the next one. */
static void test_leftovers(void)
{
	g_autofree char *kernels = g_build_filename(cache, "kernels", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(Kernel) kernel = NULL;

	if (!fresh())
		return;
	g_free(fix_write(kernels, ".tmp-abcdef/tree/boot/x", "x", -1));
	g_free(fix_write(kernels, R "/boot/vmlinuz-" R, "half a kernel", -1));
	kernel = kernel_open("debian", NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_nonnull(kernel->vmlinux_path);
	g_assert_cmpuint(count_kernels(), ==, 1);
}

int main(int argc, char **argv)
{
	int rc;

	g_test_init(&argc, &argv, NULL);
	set_up();
	/* Before any thread of GLib: it forks. */
	g_test_add_func("/kernel-debian/two-at-once", test_two_at_once);
	g_test_add_func("/kernel-debian/one-package", test_one_package);
	g_test_add_func("/kernel-debian/split-packages", test_split_packages);
	g_test_add_func("/kernel-debian/by-version", test_by_version);
	g_test_add_func("/kernel-debian/fetch", test_fetch);
	g_test_add_func("/kernel-debian/offers", test_offers);
	g_test_add_func("/kernel-debian/failures", test_failures);
	g_test_add_func("/kernel-debian/interrupt", test_interrupt);
	g_test_add_func("/kernel-debian/leftovers", test_leftovers);
	rc = g_test_run();
	fix_remove(base);
	g_free(cache);
	g_free(fake);
	g_free(bin);
	g_free(codename);
	g_free(real_path);
	return rc;
}
