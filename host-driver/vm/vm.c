/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all backends share: the configuration, and the host's clock. */
#include "host-driver/vm/vm.h"

#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define TSC_MEASURE_US 10000
#define TSC_TRIES      16

const char *const vm_resize_through_names[] = {"backend", "libvirt", "qmp", NULL};

VmConfig *vm_config_new(void)
{
	VmConfig *config = g_new0(VmConfig, 1);

	config->arch = arch_host();
	config->nodes = 1;
	config->mem_devices = g_ptr_array_new_with_free_func((GDestroyNotify)vm_mem_device_free);
	return config;
}

VmConfig *vm_config_copy(const VmConfig *config)
{
	VmConfig *copy = vm_config_new();

	copy->name = g_strdup(config->name);
	copy->uri = g_strdup(config->uri);
	copy->arch = config->arch;
	copy->accel = config->accel;
	copy->cpus = config->cpus;
	copy->memory_bytes = config->memory_bytes;
	copy->nodes = config->nodes;
	copy->kernel_path = g_strdup(config->kernel_path);
	copy->initrd_path = g_strdup(config->initrd_path);
	copy->cmdline = g_strdup(config->cmdline);
	copy->balloon = config->balloon;
	copy->gdb = config->gdb;
	copy->memory_file = config->memory_file;
	copy->resize_through = config->resize_through;
	copy->dimm_count = config->dimm_count;
	copy->dimm_bytes = config->dimm_bytes;
	copy->run_dir = g_strdup(config->run_dir);
	g_ptr_array_unref(copy->mem_devices);
	copy->mem_devices = vm_mem_devices_copy(config->mem_devices);
	return copy;
}

void vm_config_free(VmConfig *config)
{
	if (!config)
		return;
	g_free(config->name);
	g_free(config->uri);
	g_free(config->kernel_path);
	g_free(config->initrd_path);
	g_free(config->cmdline);
	g_ptr_array_unref(config->mem_devices);
	g_free(config->run_dir);
	g_free(config);
}

VmMemDevice *vm_mem_device_new(const char *id, guint64 size_bytes, guint64 block_size_bytes,
			       guint64 requested_bytes)
{
	VmMemDevice *dev = g_new0(VmMemDevice, 1);

	dev->id = g_strdup(id);
	dev->size_bytes = size_bytes;
	dev->block_size_bytes = block_size_bytes;
	dev->requested_bytes = requested_bytes;
	return dev;
}

static gpointer copy_device(gconstpointer device, gpointer user)
{
	VmMemDevice *copy = g_memdup2(device, sizeof(*copy));

	copy->id = g_strdup(copy->id);
	return copy;
}

GPtrArray *vm_mem_devices_copy(GPtrArray *devices)
{
	return g_ptr_array_copy(devices, copy_device, NULL);
}

void vm_mem_device_free(VmMemDevice *dev)
{
	if (!dev)
		return;
	g_free(dev->id);
	g_free(dev);
}

const char *vm_accel_name(VmAccel accel)
{
	static const char *const names[] = {
		[VM_ACCEL_AUTO] = "auto", [VM_ACCEL_KVM] = "kvm", [VM_ACCEL_TCG] = "tcg"};

	return names[accel];
}

#if defined(__x86_64__)
/*
 * One moment on both clocks. A task switch between the reads would tear them apart, so the
 * closest pair of several counts.
 */
static void tsc_moment(guint64 *tsc, gint64 *ns)
{
	guint64 best = G_MAXUINT64;

	for (int i = 0; i < TSC_TRIES; i++) {
		struct timespec ts;
		guint64 before = __rdtsc(), after;

		clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
		after = __rdtsc();
		if (after - before >= best)
			continue;
		best = after - before;
		*tsc = before + best / 2;
		*ns = (gint64)ts.tv_sec * 1000000000 + ts.tv_nsec;
	}
}

static gboolean tsc_is_constant(void)
{
	g_autofree char *cpuinfo = NULL;

	return g_file_get_contents("/proc/cpuinfo", &cpuinfo, NULL, NULL) &&
	       strstr(cpuinfo, " constant_tsc");
}

guint64 vm_host_tsc_khz(void)
{
	static guint64 khz;
	static gsize once;

	if (g_once_init_enter(&once)) {
		guint64 tsc_a = 0, tsc_b = 0;
		gint64 ns_a = 0, ns_b = 0;

		if (tsc_is_constant()) {
			tsc_moment(&tsc_a, &ns_a);
			g_usleep(TSC_MEASURE_US);
			tsc_moment(&tsc_b, &ns_b);
			khz = (tsc_b - tsc_a) * 1000000 / (guint64)(ns_b - ns_a);
		}
		g_once_init_leave(&once, 1);
	}
	return khz;
}
#else
guint64 vm_host_tsc_khz(void)
{
	return 0;
}
#endif
