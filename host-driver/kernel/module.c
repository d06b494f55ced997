/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which module files a guest needs and in which order, by libkmod; and the kernel's .config.
 * The host's own modprobe.d has no say: it is another machine.
 */
#include "host-driver/kernel/kernel.h"

#include <elf.h>
#include <libkmod.h>
#include <stdio.h>
#include <string.h>

#include "host-driver/base/error.h"
#include "host-driver/base/open.h"
#include "host-driver/kernel/image.h"

typedef struct kmod_ctx Kmod;
typedef struct kmod_module KmodModule;
typedef struct kmod_list KmodList;

static void kmod_list_clear(KmodList *list)
{
	kmod_module_unref_list(list);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kmod, kmod_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KmodModule, kmod_module_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KmodList, kmod_list_clear)

/* Deeper than any chain of a real kernel: stops at dependencies that run in a circle. */
enum { MAX_DEPTH = 64 };

#define MODULE_MAX_BYTES ((gsize)64 << 20)

void kernel_module_free(KernelModule *module)
{
	if (!module)
		return;
	g_free(module->name);
	g_free(module->path);
	g_free(module->params);
	g_free(module);
}

char kernel_config(const Kernel *kernel, const char *symbol)
{
	g_autofree char *key = g_strdup_printf("CONFIG_%s=", symbol);
	g_autofree char *text = NULL;
	const char *at;

	if (!kernel->config_path || !g_file_get_contents(kernel->config_path, &text, NULL, NULL))
		return '?';
	for (at = strstr(text, key); at; at = strstr(at + 1, key)) {
		const char *value = at + strlen(key);

		if (at != text && at[-1] != '\n')
			continue;
		return *value == 'm' ? 'm' : *value == 'n' ? 'n' : 'y';
	}
	return 'n';
}

static gboolean is_known(const GPtrArray *modules, const char *name)
{
	for (guint i = 0; i < modules->len; i++)
		if (strcmp(((const KernelModule *)g_ptr_array_index(modules, i))->name, name) == 0)
			return TRUE;
	return FALSE;
}

static gboolean is_builtin(KmodModule *module)
{
	/* For all else it would look at the modules of the host's running kernel. */
	return !kmod_module_get_path(module) &&
	       kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN;
}

static void add_module(KmodModule *module, const char *params, GPtrArray *modules, guint depth);

static void add_list(KmodList *list, GPtrArray *modules, guint depth)
{
	KmodList *item;

	kmod_list_foreach(item, list)
	{
		g_autoptr(KmodModule) module = kmod_module_get_module(item);

		add_module(module, NULL, modules, depth);
	}
}

/* Appends what @module needs, softly too, then itself. A built-in one adds nothing. */
static void add_module(KmodModule *module, const char *params, GPtrArray *modules, guint depth)
{
	const char *name = kmod_module_get_name(module);
	const char *path = kmod_module_get_path(module);
	g_autoptr(KmodList) needs = NULL;
	g_autoptr(KmodList) before = NULL;
	g_autoptr(KmodList) after = NULL;
	KernelModule *found;

	if (!path || depth > MAX_DEPTH || is_known(modules, name))
		return;
	kmod_module_get_softdeps(module, &before, &after);
	needs = kmod_module_get_dependencies(module);
	add_list(before, modules, depth + 1);
	add_list(needs, modules, depth + 1);
	if (is_known(modules, name))
		return;
	found = g_new0(KernelModule, 1);
	found->name = g_strdup(name);
	found->path = g_strdup(path);
	found->params = g_strdup(params);
	g_ptr_array_add(modules, found);
}

/* FALSE: the kernel has no such module, neither as a file nor built in. */
static gboolean add_name(Kmod *kmod, const char *name, const char *params, GPtrArray *modules)
{
	g_autoptr(KmodList) list = NULL;
	gboolean found = FALSE;
	KmodList *item;

	if (kmod_module_new_from_lookup(kmod, name, &list) < 0)
		return FALSE;
	kmod_list_foreach(item, list)
	{
		g_autoptr(KmodModule) module = kmod_module_get_module(item);

		if (!kmod_module_get_path(module) && !is_builtin(module))
			continue;
		found = TRUE;
		add_module(module, params, modules, 0);
	}
	return found;
}

/* Most symbols are called like their module: virtio_mem, CONFIG_VIRTIO_MEM. */
static char config_of_module(const Kernel *kernel, const char *name)
{
	g_autofree char *symbol = g_ascii_strup(name, -1);

	return kernel_config(kernel, g_strdelimit(symbol, "-", '_'));
}

/* One clear line: what is missing, and what would help. */
static void set_missing(const Kernel *kernel, const char *name, GError **error)
{
	g_autofree char *symbol = g_ascii_strup(name, -1);
	g_autofree char *where = NULL;

	g_strdelimit(symbol, "-", '_');
	if (kernel->modules_dir)
		where = g_strdup_printf("neither in %s nor built in", kernel->modules_dir);
	else if (kernel_config(kernel, symbol) == 'm')
		where = g_strdup("it is a module, so pass --modules DIR");
	else
		where = g_strdup("it is not built in, and there is no --modules DIR");
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
		    "kernel %s has no %s (CONFIG_%s): %s", kernel->release, name, symbol, where);
}

static void be_quiet(void *data, int priority, const char *file, int line, const char *fn,
		     const char *format, va_list args)
{
}

static Kmod *open_kmod(const Kernel *kernel, GError **error)
{
	g_autofree char *dep = g_build_filename(kernel->modules_dir, "modules.dep.bin", NULL);
	g_autofree char *soft = g_build_filename(kernel->modules_dir, "modules.softdep", NULL);
	const char *const config[] = {soft, NULL};
	Kmod *kmod;

	if (!g_file_test(dep, G_FILE_TEST_EXISTS)) {
		g_autofree char *base = g_build_filename(kernel->modules_dir, "../../..", NULL);
		g_autofree char *full = g_canonicalize_filename(base, NULL);

		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s is missing: run `depmod -b %s %s`", dep, full, kernel->release);
		return NULL;
	}
	kmod = kmod_new(kernel->modules_dir, config);
	if (kmod)
		kmod_set_log_fn(kmod, be_quiet, NULL);
	else
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "cannot read the modules in %s", kernel->modules_dir);
	return kmod;
}

/* "virtio-mem.ko.xz" is virtio_mem. (transfer full) */
static char *name_of_file(const char *path)
{
	char *name = g_path_get_basename(path), *end = strstr(name, ".ko");

	if (end)
		*end = '\0';
	return g_strdelimit(name, "-", '_');
}

/*
 * What a module says it was built for, its vermagic; NULL when the file is none. Not by libkmod,
 * which ends the program at an ELF that is no module. (transfer full)
 */
static char *vermagic_of(const char *path)
{
	static const char key[] = "vermagic=";
	gsize len = 0;
	g_autofree char *packed = open_read(path, OPEN_NAMED, MODULE_MAX_BYTES, &len, NULL);
	g_autoptr(GBytes) elf =
		packed ? kernel_decompress((guint8 *)packed, len, MODULE_MAX_BYTES, NULL) : NULL;
	const char *data = elf ? g_bytes_get_data(elf, &len) : NULL, *at;

	if (!data || len < sizeof(Elf64_Ehdr) || memcmp(data, ELFMAG, SELFMAG) != 0 ||
	    data[offsetof(Elf64_Ehdr, e_type)] != ET_REL)
		return NULL;
	at = memmem(data, len, key, strlen(key));
	return at ? g_strndup(at + strlen(key), (gsize)(data + len - at) - strlen(key)) : NULL;
}

/* FALSE + error unless @path is a module built for @kernel; its vermagic begins with the release. */
static gboolean check_module(const Kernel *kernel, const char *path, GError **error)
{
	g_autofree char *magic = vermagic_of(path);

	if (magic)
		magic[strcspn(magic, " ")] = '\0';
	if (g_strcmp0(magic, kernel->release) == 0)
		return TRUE;
	if (magic)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s was built for %.64s, but the kernel is %s", path, magic,
			    kernel->release);
	else
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s is no kernel module that can be read", path);
	return FALSE;
}

gboolean kernel_add_modules(Kernel *kernel, const char *const *paths, GError **error)
{
	for (guint i = 0; paths && paths[i]; i++) {
		g_autofree char *full = g_canonicalize_filename(paths[i], NULL);

		if (!check_module(kernel, full, error))
			return FALSE;
		if (!kernel->extra_modules)
			kernel->extra_modules = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(kernel->extra_modules, g_steal_pointer(&full));
	}
	return TRUE;
}

/* The file that the user gave for the module @name, or NULL. */
static const char *extra_of(const Kernel *kernel, const char *name)
{
	for (guint i = 0; kernel->extra_modules && i < kernel->extra_modules->len; i++) {
		const char *path = g_ptr_array_index(kernel->extra_modules, i);
		g_autofree char *own = name_of_file(path);

		if (g_str_equal(own, name))
			return path;
	}
	return NULL;
}

static void append_file(GPtrArray *modules, const char *path, const char *params)
{
	KernelModule *module = g_new0(KernelModule, 1);

	module->name = name_of_file(path);
	module->path = g_strdup(path);
	module->params = g_strdup(params);
	g_ptr_array_add(modules, module);
}

void kernel_modules_append_extra(const Kernel *kernel, GPtrArray *modules)
{
	for (guint i = 0; kernel->extra_modules && i < kernel->extra_modules->len; i++) {
		const char *path = g_ptr_array_index(kernel->extra_modules, i);
		g_autofree char *name = name_of_file(path);

		if (!is_known(modules, name))
			append_file(modules, path, NULL);
	}
}

static void replace_by_extra(const Kernel *kernel, GPtrArray *modules)
{
	for (guint i = 0; i < modules->len; i++) {
		KernelModule *module = g_ptr_array_index(modules, i);
		const char *path = extra_of(kernel, module->name);

		if (!path)
			continue;
		g_free(module->path);
		module->path = g_strdup(path);
	}
}

gboolean kernel_modules_resolve(const Kernel *kernel, const char *const *names, GPtrArray *modules,
				GPtrArray *missing, GError **error)
{
	g_autoptr(Kmod) kmod = NULL;

	if (kernel->modules_dir) {
		kmod = open_kmod(kernel, error);
		if (!kmod)
			return FALSE;
	}
	for (guint i = 0; names[i]; i++) {
		g_auto(GStrv) words = g_strsplit(names[i], " ", 2);
		const char *name = words[0] ? words[0] : "";
		gboolean found;

		if (kmod)
			found = add_name(kmod, name, words[0] ? words[1] : NULL, modules);
		else
			found = strchr("y?", config_of_module(kernel, name)) != NULL;
		if (!found && extra_of(kernel, name)) {
			append_file(modules, extra_of(kernel, name), words[1]);
			found = TRUE;
		}
		if (found)
			continue;
		if (!missing) {
			set_missing(kernel, name, error);
			return FALSE;
		}
		g_ptr_array_add(missing, g_strdup(name));
	}
	replace_by_extra(kernel, modules);
	return TRUE;
}
