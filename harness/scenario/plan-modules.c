/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the kernel's modules the guest of a scenario needs. See plan.h. */
#include "harness/scenario/plan.h"
#include "guest-agent/contract/op.h"
#include "host-driver/base/error.h"

/* Gives the scenario's parameters to the modules, and loads those that nothing else wants. */
static gboolean apply_params(const Scenario *s, const Kernel *kernel, GPtrArray *modules,
			     GError **error)
{
	for (guint i = 0; i < s->modules->len; i++) {
		const ScenarioModule *wanted = g_ptr_array_index(s->modules, i);
		const char *const name[] = {wanted->name, NULL};

		if (!kernel_modules_resolve(kernel, name, modules, NULL, error))
			return FALSE;
		for (guint k = 0; k < modules->len; k++) {
			KernelModule *m = g_ptr_array_index(modules, k);

			if (!g_str_equal(m->name, wanted->name))
				continue;
			g_free(m->params);
			m->params = g_strdup(wanted->params);
		}
	}
	return TRUE;
}

GPtrArray *plan_modules(const Scenario *s, const Kernel *kernel, guint *boot_count, GError **error)
{
	static const char *const boot[] = {"virtio_pci", "virtio_console", NULL};
	const char *const panic[] = {kernel->arch->panic_module, NULL};
	static const char *const device[] = {"virtio_mem", NULL};
	static const char *const balloon[] = {"virtio_balloon", NULL};
	g_autoptr(GPtrArray) modules =
		g_ptr_array_new_with_free_func((GDestroyNotify)kernel_module_free);
	g_autoptr(GPtrArray) missing = g_ptr_array_new_with_free_func(g_free);

	/* Without pvpanic a panic is still on the console: not worth failing for. */
	if (!kernel_modules_resolve(kernel, boot, modules, NULL, error) ||
	    !kernel_modules_resolve(kernel, panic, modules, missing, error))
		return NULL;
	*boot_count = modules->len;
	if (!kernel_modules_resolve(kernel, device, modules, NULL, error))
		return NULL;
	if (s->balloon_max_bytes && !kernel_modules_resolve(kernel, balloon, modules, NULL, error))
		return NULL;
	for (guint i = 0; i < s->ops->len; i++) {
		const ScenarioOp *op = g_ptr_array_index(s->ops, i);
		const struct op *info = op_find(op->name);

		for (const struct op_need *need = info->needs; need && need->path; need++) {
			const char *const name[] = {need->module, NULL};

			if (need->module &&
			    !kernel_modules_resolve(kernel, name, modules, missing, error))
				return NULL;
		}
		if (info->modules &&
		    !kernel_modules_resolve(kernel, info->modules, modules, missing, error))
			return NULL;
	}
	if (!apply_params(s, kernel, modules, error))
		return NULL;
	kernel_modules_append_extra(kernel, modules);
	return g_steal_pointer(&modules);
}
