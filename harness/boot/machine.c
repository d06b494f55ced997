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

/*
 * What every boot is given: faster boots and a readable console, nothing that changes what
 * is tested (that stands in the scenario's cmdline). unknown_nmi_panic makes our own NMI to a
 * hung guest print where it hangs; CPU 0 alone takes it, so panic_print=64 (PANIC_PRINT_ALL_CPU_BT,
 * since 5.18) asks the others. tsc_early_khz: see vm_host_tsc_khz().
 */
#define BASE_CMDLINE                                                                               \
	"console=ttyS0 panic=-1 unknown_nmi_panic=1 cryptomgr.notests no_timer_check "             \
	"8250.nr_uarts=1 panic_print=64"
/*
 * 7.3 compares the CPUs' clocks in a timer: it waits for a CPU that has its interrupts off for
 * stop_machine(), which switches the clock and waits for this one. Emulated boots hang there now
 * and then, and an emulator's clock needs no watchdog.
 */
#define TCG_CMDLINE " tsc=nowatchdog"

VmConfig *boot_vm_config(const BootConfig *config)
{
	const Scenario *s = config->scenario;
	VmConfig *vm = vm_config_new();
	guint64 khz = vm_host_tsc_khz();
	g_autoptr(GString) cmdline = g_string_new(BASE_CMDLINE);

	if (boot_is_emulated(config))
		g_string_append(cmdline, TCG_CMDLINE);
	if (config->accel == VM_ACCEL_TCG && khz && vm_backend_is_local(config->backend))
		g_string_append_printf(cmdline, " tsc_early_khz=%" G_GUINT64_FORMAT, khz);
	if (*s->cmdline)
		g_string_append_printf(cmdline, " %s", s->cmdline);
	add_module_params(cmdline, s);
	vm->name = g_strdup(config->name);
	vm->uri = g_strdup(config->backend->uri);
	vm->accel = config->accel;
	vm->cpus = (guint)s->cpus;
	vm->memory_bytes = s->memory_bytes;
	vm->nodes = (guint)s->nodes;
	vm->kernel_path = g_strdup(config->kernel->vmlinux_path ? config->kernel->vmlinux_path
								: config->kernel->image_path);
	vm->initrd_path = g_strdup(config->initrd_path);
	vm->cmdline = g_strdup(cmdline->str);
	vm->run_dir = g_strdup(config->dir);
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
