/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine of a boot, from its scenario and kernel: what `--dry-run` prints and start runs. */
#include "harness/boot/internal.h"

#include <string.h>

/* For modules that are built in: those are not loaded with what the plan says. */
static void add_module_params(GString *cmdline, const Scenario *s)
{
	for (guint i = 0; i < s->modules->len; i++) {
		const ScenarioModule *module = g_ptr_array_index(s->modules, i);
		g_auto(GStrv) params = g_strsplit(module->params, " ", -1);

		for (guint k = 0; params[k]; k++)
			if (*params[k])
				g_string_append_printf(cmdline, " %s.%s", module->name, params[k]);
	}
}

VmConfig *boot_vm_config(const BootConfig *config)
{
	const Scenario *s = config->scenario;
	VmConfig *vm = vm_config_new();
	guint64 khz = vm_host_tsc_khz();
	const Arch *arch = config->kernel->arch;
	g_autoptr(GString) cmdline = g_string_new(arch->cmdline);

	if (boot_is_emulated(config))
		g_string_append(cmdline, arch->cmdline_tcg);
	if (config->accel == VM_ACCEL_TCG && arch == arch_host() && arch->tsc && khz &&
	    vm_backend_is_local(config->backend))
		g_string_append_printf(cmdline, " tsc_early_khz=%" G_GUINT64_FORMAT, khz);
	if (*s->cmdline)
		g_string_append_printf(cmdline, " %s", s->cmdline);
	add_module_params(cmdline, s);
	vm->name = g_strdup(config->name);
	vm->uri = g_strdup(config->backend->uri);
	vm->arch = arch;
	vm->accel = config->accel;
	vm->cpus = (guint)s->cpus;
	vm->memory_bytes = s->memory_bytes;
	vm->nodes = (guint)s->nodes;
	vm->kernel_path = g_strdup(config->kernel->vmlinux_path ? config->kernel->vmlinux_path
								: config->kernel->image_path);
	vm->initrd_path = g_strdup(config->initrd_path);
	vm->cmdline = g_strdup(cmdline->str);
	vm->run_dir = g_strdup(config->dir);
	vm->gdb = s->choreography->stands->len > 0;
	vm->balloon = s->balloon_max_bytes > 0;
	for (guint i = 0; i < s->pressures->len; i++) {
		const Pressure *p = g_ptr_array_index(s->pressures, i);

		vm->memory_file = vm->memory_file || p->kind == PRESSURE_DISCARD;
	}
	while (s->resize_device &&
	       !g_str_equal(vm_resize_through_names[vm->resize_through], s->resize_through))
		vm->resize_through++;
	vm->dimm_count = (guint)s->dimm_count;
	vm->dimm_bytes = s->dimm_size_bytes;
	g_ptr_array_unref(vm->mem_devices);
	vm->mem_devices = vm_mem_devices_copy(s->devices);
	return vm;
}
