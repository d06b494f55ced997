/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all backends share: the configuration, their table, and the host's clock. */
#include "host-driver/vm.h"

#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define TSC_MEASURE_US 10000
#define TSC_TRIES      16

static const VmOps *const backends[] = {&vm_qemu_ops, &vm_fake_ops, NULL};

const VmOps *const *vm_backends(void)
{
	return backends;
}

const VmOps *vm_backend_find(const char *name)
{
	for (const VmOps *const *ops = backends; *ops; ops++) {
		if (g_str_equal((*ops)->name, name))
			return *ops;
	}
	return NULL;
}

VmConfig *vm_config_new(void)
{
	VmConfig *config = g_new0(VmConfig, 1);

	config->mem_devices = g_ptr_array_new_with_free_func((GDestroyNotify)vm_mem_device_free);
	return config;
}

void vm_config_free(VmConfig *config)
{
	if (!config)
		return;
	g_free(config->name);
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
		guint64 tsc_a, tsc_b;
		gint64 ns_a, ns_b;

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
