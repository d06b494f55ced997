/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See machine.h. */
#include "host-driver/vm/machine.h"
#include "host-driver/base/error.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MIB		(G_GUINT64_CONSTANT(1) << 20)
#define GIB		(G_GUINT64_CONSTANT(1) << 30)
#define BLOCK_MIN_BYTES (1 * MIB) /* of virtio-mem in QEMU */

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list ap;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, text);
	return FALSE;
}

static gboolean is_id(const char *id)
{
	if (!id || !g_ascii_islower(*id))
		return FALSE;
	while (g_ascii_islower(*id) || g_ascii_isdigit(*id))
		id++;
	return *id == '\0';
}

static gboolean check_device(const VmConfig *config, guint index, GError **error)
{
	const VmMemDevice *dev = g_ptr_array_index(config->mem_devices, index);
	guint64 block = dev->block_size_bytes;

	if (!is_id(dev->id))
		return fail(error, "memory device \"%s\": the id must be [a-z][a-z0-9]*",
			    dev->id ? dev->id : "");
	for (guint i = 0; i < index; i++) {
		const VmMemDevice *other = g_ptr_array_index(config->mem_devices, i);

		if (g_str_equal(other->id, dev->id))
			return fail(error, "memory device %s is there twice", dev->id);
	}
	if (block < BLOCK_MIN_BYTES || (block & (block - 1)))
		return fail(error, "memory device %s: block size must be a power of two >= 1M",
			    dev->id);
	if (dev->size_bytes == 0 || dev->size_bytes % block || dev->size_bytes > (GIB << 12))
		return fail(error,
			    "memory device %s: size must be a multiple of the block size, "
			    "at most 4096G",
			    dev->id);
	if (dev->requested_bytes % block || dev->requested_bytes > dev->size_bytes)
		return fail(error,
			    "memory device %s: requested size must be a multiple of the block "
			    "size and at most the size",
			    dev->id);
	if (dev->node > config->nodes)
		return fail(error, "memory device %s: node %" G_GUINT64_FORMAT " of %u", dev->id,
			    dev->node, config->nodes);
	return TRUE;
}

gboolean vm_config_check(const VmConfig *config, GError **error)
{
	if (config->accel == VM_ACCEL_AUTO)
		return fail(error, "accelerator: auto must be settled first");
	if (config->cpus < 1 || config->cpus > config->arch->cpus_max)
		return fail(error, "cpus must be 1 to %u", config->arch->cpus_max);
	if (config->memory_bytes < 64 * MIB || config->memory_bytes % MIB ||
	    config->memory_bytes > (GIB << 12))
		return fail(error, "memory must be whole MiB, 64M to 4096G");
	if (config->nodes < 1 || config->nodes > VM_NODES_MAX || config->cpus % config->nodes ||
	    config->memory_bytes % (config->nodes * MIB))
		return fail(error,
			    "nodes must be 1 to %d, with the same number of cpus and of whole MiB "
			    "for each",
			    VM_NODES_MAX);
	if (!config->kernel_path || access(config->kernel_path, R_OK) != 0)
		return fail(error, "kernel %s cannot be read",
			    config->kernel_path ? config->kernel_path : "(none)");
	if (config->initrd_path && access(config->initrd_path, R_OK) != 0)
		return fail(error, "initramfs %s cannot be read", config->initrd_path);
	if (config->cmdline && strlen(config->cmdline) > config->arch->cmdline_max)
		return fail(error, "the kernel's command line has over %" G_GSIZE_FORMAT " bytes",
			    config->arch->cmdline_max);
	if (config->dimm_count && !config->arch->dimms)
		return fail(error, "[dimm]: DIMMs cannot be brought into guests of %s",
			    config->arch->title);
	for (guint i = 0; i < config->mem_devices->len; i++) {
		if (!check_device(config, i, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_elf(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean elf = fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
		       memcmp(magic, "\177ELF", sizeof(magic)) == 0;

	if (fd >= 0)
		close(fd);
	return elf;
}

char *vm_find_qboot(const char *kernel_path, const char *qemu)
{
	g_autofree char *bindir = g_path_get_dirname(qemu);
	g_autofree char *prefix = g_path_get_dirname(bindir);
	const char *const roots[] = {prefix, "/usr", "/usr/local"};

	if (!is_elf(kernel_path))
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(roots); i++) {
		char *path = g_build_filename(roots[i], "share", "qemu", "qboot.rom", NULL);

		if (access(path, R_OK) == 0)
			return path;
		g_free(path);
	}
	return NULL;
}

guint vm_node_count(const VmConfig *config)
{
	guint count = config->nodes;

	for (guint i = 0; i < config->mem_devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(config->mem_devices, i);

		count = MAX(count, (guint)dev->node + 1);
	}
	return count;
}

guint64 vm_max_memory_bytes(const VmConfig *config)
{
	guint64 bytes = config->memory_bytes;

	for (guint i = 0; i < config->mem_devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(config->mem_devices, i);

		bytes += (dev->size_bytes + GIB - 1) / GIB * GIB + GIB;
	}
	bytes += config->dimm_count * ((config->dimm_bytes + GIB - 1) / GIB * GIB + GIB);
	return bytes;
}

/* A size that QEMU tells: an integer, not negative. */
static gboolean get_bytes(JsonObject *object, const char *name, guint64 *bytes)
{
	JsonNode *node = json_object_get_member(object, name);
	gint64 value;

	if (!node || json_node_get_value_type(node) != G_TYPE_INT64)
		return FALSE;
	value = json_node_get_int(node);
	*bytes = (guint64)value;
	return value >= 0;
}

/* libvirt puts "ua-" before the names of others. */
static gboolean is_alias(const char *name, const char *id)
{
	return g_str_equal(g_str_has_prefix(name, "ua-") ? name + 3 : name, id);
}

/* The "data" of the entry whose id is @id, or NULL. */
static JsonObject *find_device(JsonArray *list, const char *id)
{
	for (guint i = 0; i < json_array_get_length(list); i++) {
		JsonNode *entry = json_array_get_element(list, i), *data, *name;

		if (!JSON_NODE_HOLDS_OBJECT(entry))
			continue;
		data = json_object_get_member(json_node_get_object(entry), "data");
		if (!data || !JSON_NODE_HOLDS_OBJECT(data))
			continue;
		name = json_object_get_member(json_node_get_object(data), "id");
		if (name && json_node_get_value_type(name) == G_TYPE_STRING &&
		    is_alias(json_node_get_string(name), id))
			return json_node_get_object(data);
	}
	return NULL;
}

gboolean vm_memory_parse(JsonNode *result, const GPtrArray *devices, VmMemState *states,
			 GError **error)
{
	for (guint i = 0; i < devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(devices, i);
		JsonObject *data = NULL;

		if (result && JSON_NODE_HOLDS_ARRAY(result))
			data = find_device(json_node_get_array(result), dev->id);
		states[i].id = dev->id;
		if (data && get_bytes(data, "requested-size", &states[i].requested_bytes) &&
		    get_bytes(data, "size", &states[i].plugged_bytes))
			continue;
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "QMP query-memory-devices: nothing sound about %s", dev->id);
		return FALSE;
	}
	return TRUE;
}

static gint64 get_int(JsonNode *entry, const char *name)
{
	JsonNode *node = JSON_NODE_HOLDS_OBJECT(entry)
				 ? json_object_get_member(json_node_get_object(entry), name)
				 : NULL;

	return node && json_node_get_value_type(node) == G_TYPE_INT64 ? json_node_get_int(node)
								      : -1;
}

GArray *vm_threads_parse(JsonNode *result, GError **error)
{
	JsonArray *list =
		result && JSON_NODE_HOLDS_ARRAY(result) ? json_node_get_array(result) : NULL;
	guint count = list ? json_array_get_length(list) : 0;
	g_autoptr(GArray) tids = g_array_sized_new(FALSE, TRUE, sizeof(pid_t), count);
	gboolean sound = count > 0;

	g_array_set_size(tids, count);
	for (guint i = 0; i < count && sound; i++) {
		JsonNode *entry = json_array_get_element(list, i);
		gint64 index = get_int(entry, "cpu-index"), tid = get_int(entry, "thread-id");

		/* Each index once: a taken place holds a thread already. */
		sound = index >= 0 && index < count && tid > 0 && tid <= G_MAXINT32 &&
			g_array_index(tids, pid_t, index) == 0;
		if (sound)
			g_array_index(tids, pid_t, index) = (pid_t)tid;
	}
	if (sound)
		return g_steal_pointer(&tids);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "QMP query-cpus-fast: nothing sound about the vCPUs");
	return NULL;
}
