/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ops bring into the guest from the host's own packages. See plan.h. */
#include "harness/scenario/plan.h"
#include "guest-agent/contract/host-files.h"
#include "guest-agent/contract/op.h"
#include "host-driver/kernel/elf-needs.h"
#include "host-driver/kernel/initramfs.h"

#include <string.h>

/* Into one folder in the guest; the linker goes by a name that the agent knows. */
static void add(GPtrArray *files, const char *name, const char *path)
{
	g_autofree char *inside = g_build_filename(HOST_DIR, name, NULL);

	for (guint i = 0; i < files->len; i++)
		if (g_str_equal(((const InitramfsFile *)g_ptr_array_index(files, i))->name, inside))
			return;
	g_ptr_array_add(files, initramfs_file_new(inside, path));
}

/* The program called @name, where the host has it, with all that it links. */
static gboolean add_program(GPtrArray *files, const char *name, GError **error)
{
	g_autofree char *program = g_find_program_in_path(name);
	g_autoptr(GPtrArray) needs = NULL;

	if (!program)
		return TRUE;
	needs = elf_needs(program, error);
	if (!needs)
		return FALSE;
	add(files, name, program);
	for (guint i = 0; i < needs->len; i++) {
		const char *path = g_ptr_array_index(needs, i);
		g_autofree char *base = g_path_get_basename(path);

		add(files, i ? base : "ld.so", path);
	}
	return TRUE;
}

GPtrArray *plan_files(const Scenario *s, GError **error)
{
	g_autoptr(GPtrArray) files =
		g_ptr_array_new_with_free_func((GDestroyNotify)initramfs_file_free);

	for (guint i = 0; i < s->ops->len; i++) {
		const ScenarioOp *o = g_ptr_array_index(s->ops, i);
		const struct op *op = op_find(o->name);

		for (const char *const *name = op ? op->host_programs : NULL; name && *name; name++)
			if (!add_program(files, *name, error))
				return NULL;
	}
	return g_steal_pointer(&files);
}
