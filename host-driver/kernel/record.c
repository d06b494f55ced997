/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frees the records of kernel.h; below all that makes them. */
#include "host-driver/kernel/kernel.h"

void kernel_free(Kernel *kernel)
{
	if (!kernel)
		return;
	g_free(kernel->spec);
	g_free(kernel->release);
	g_free(kernel->version);
	g_free(kernel->image_path);
	g_free(kernel->vmlinux_path);
	g_free(kernel->modules_dir);
	g_free(kernel->modules_given);
	g_clear_pointer(&kernel->extra_modules, g_ptr_array_unref);
	g_free(kernel->config_path);
	g_free(kernel->build_id);
	g_free(kernel);
}

void kernel_entry_free(KernelEntry *entry)
{
	if (!entry)
		return;
	g_free(entry->spec);
	g_free(entry->release);
	g_free(entry->version);
	g_free(entry->where);
	g_free(entry);
}
