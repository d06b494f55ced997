/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program needs, against this very program: what the linker has mapped must be found. */
#include "host-driver/kernel/elf-needs.h"

#include <string.h>

#include "host-driver/base/error.h"

static gboolean has_base(const GPtrArray *paths, const char *base)
{
	for (guint i = 0; i < paths->len; i++) {
		g_autofree char *name = g_path_get_basename(g_ptr_array_index(paths, i));

		if (g_str_equal(name, base))
			return TRUE;
	}
	return FALSE;
}

static void test_self(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) needs = elf_needs("/proc/self/exe", &error);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	g_assert_no_error(error);
	g_assert_nonnull(strstr(g_ptr_array_index(needs, 0), "ld-linux"));
	g_assert_true(has_base(needs, "libglib-2.0.so.0"));
	g_assert_true(has_base(needs, "libc.so.6"));
	for (guint i = 0; i < needs->len; i++) {
		const char *path = g_ptr_array_index(needs, i);

		g_assert_true(g_file_test(path, G_FILE_TEST_IS_REGULAR));
		g_assert_true(g_hash_table_add(seen, (gpointer)path)); /* none twice */
	}
}

static void test_no_elf(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(elf_needs("/etc/passwd", &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_clear_error(&error);
	g_assert_null(elf_needs("/nonexistent", &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
}

/* A static program: the agent, as it is built beside. */
static void test_static(void)
{
	const char *agent = g_getenv("PFNHUNT_AGENT");
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) needs = NULL;

	if (!agent) {
		g_test_skip("no PFNHUNT_AGENT");
		return;
	}
	needs = elf_needs(agent, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(needs->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/elf-needs/self", test_self);
	g_test_add_func("/elf-needs/no-elf", test_no_elf);
	g_test_add_func("/elf-needs/static", test_static);
	return g_test_run();
}
