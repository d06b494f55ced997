/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ops bring into the guest from the host's own packages. See plan.h. */
#include "harness/scenario/plan.h"
#include "guest-agent/contract/host-files.h"
#include "host-driver/kernel/elf-needs.h"
#include "host-driver/kernel/initramfs.h"

#include <string.h>

static gboolean has_op(const Scenario *s, const char *name)
{
	for (guint i = 0; i < s->ops->len; i++)
		if (g_str_equal(((const ScenarioOp *)g_ptr_array_index(s->ops, i))->name, name))
			return TRUE;
	return FALSE;
}

/* Into one folder in the guest; the linker goes by a name that the agent knows. */
static void add(GPtrArray *files, const char *name, const char *path)
{
	g_autofree char *inside = g_build_filename(STRESS_DIR, name, NULL);

	g_ptr_array_add(files, initramfs_file_new(inside, path));
}

GPtrArray *plan_files(const Scenario *s, GError **error)
{
	g_autoptr(GPtrArray) files =
		g_ptr_array_new_with_free_func((GDestroyNotify)initramfs_file_free);
	g_autofree char *program =
		has_op(s, "stress-ng") ? g_find_program_in_path("stress-ng") : NULL;
	g_autoptr(GPtrArray) needs = NULL;

	if (!program)
		return g_steal_pointer(&files);
	needs = elf_needs(program, error);
	if (!needs)
		return NULL;
	add(files, "stress-ng", program);
	for (guint i = 0; i < needs->len; i++) {
		const char *path = g_ptr_array_index(needs, i);
		g_autofree char *name = g_path_get_basename(path);

		add(files, i ? name : "ld.so", path);
	}
	return g_steal_pointer(&files);
}
