/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all backends share: the configuration, their table, and the host's clock. */
#include "host-driver/base/error.h"
#include "host-driver/vm/vm.h"

#include <string.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#define TSC_MEASURE_US 10000
#define TSC_TRIES      16

static const VmOps *const backends[] = {&vm_qemu_ops,
#ifdef PFNHUNT_LIBVIRT
					&vm_libvirt_ops,
#endif
					&vm_fake_ops, NULL};

const char *const vm_resize_through_names[] = {"backend", "libvirt", "qmp", NULL};

char *vm_backend_list(void)
{
	GString *list = g_string_new(NULL);

	for (const VmOps *const *ops = backends; *ops; ops++) {
		if (*ops == &vm_fake_ops)
			continue;
		g_string_append_printf(list, "%s%s%s%s", list->len ? ", " : "", (*ops)->name,
				       (*ops)->uri_help ? ":" : "",
				       (*ops)->uri_help ? (*ops)->uri_help : "");
	}
	return g_string_free(list, FALSE);
}

VmBackend *vm_backend_parse(const char *text, GError **error)
{
	const char *colon = strchr(text, ':');
	g_autofree char *name = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
	g_autofree char *list = vm_backend_list();

	for (const VmOps *const *ops = backends; *ops; ops++) {
		VmBackend *backend;

		/* With a URI where there is none, or the other way round, it is no backend. */
		if (!g_str_equal((*ops)->name, name) || !(*ops)->uri_help != !colon ||
		    (colon && !colon[1]))
			continue;
		backend = g_new0(VmBackend, 1);
		backend->text = g_strdup(text);
		backend->ops = *ops;
		backend->uri = colon ? g_strdup(colon + 1) : NULL;
		return backend;
	}
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, "backend %s: there is %s", text,
		    list);
	return NULL;
}

void vm_backend_free(VmBackend *backend)
{
	if (!backend)
		return;
	if (backend->ops->close)
		backend->ops->close(backend->uri);
	g_free(backend->text);
	g_free(backend->uri);
	g_free(backend);
}

gboolean vm_backend_settle(const VmBackend *backend, VmAccel wanted, VmAccel *accel, char **why,
			   GError **error)
{
	if (backend->ops->settle)
		return backend->ops->settle(backend->uri, wanted, accel, why, error);
	return vm_accel_resolve(wanted, accel, why, error);
}

gboolean vm_backend_clean(const VmBackend *backend, void (*tell)(const char *text, gpointer user),
			  gpointer user, GError **error)
{
	return !backend->ops->clean || backend->ops->clean(backend->uri, tell, user, error);
}

gboolean vm_backend_is_local(const VmBackend *backend)
{
	return !backend->ops->is_local || backend->ops->is_local(backend->uri);
}

VmConfig *vm_config_new(void)
{
	VmConfig *config = g_new0(VmConfig, 1);

	config->nodes = 1;
	config->mem_devices = g_ptr_array_new_with_free_func((GDestroyNotify)vm_mem_device_free);
	return config;
}

VmConfig *vm_config_copy(const VmConfig *config)
{
	VmConfig *copy = vm_config_new();

	copy->name = g_strdup(config->name);
	copy->uri = g_strdup(config->uri);
	copy->accel = config->accel;
	copy->cpus = config->cpus;
	copy->memory_bytes = config->memory_bytes;
	copy->nodes = config->nodes;
	copy->kernel_path = g_strdup(config->kernel_path);
	copy->initrd_path = g_strdup(config->initrd_path);
	copy->cmdline = g_strdup(config->cmdline);
	copy->balloon = config->balloon;
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
