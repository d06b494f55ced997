/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds, fetches and opens the kernel under test. Nothing is installed and nothing needs root:
 * Debian's packages are fetched with apt's own client into the cache and unpacked there.
 */
#ifndef PFNHUNT_KERNEL_H
#define PFNHUNT_KERNEL_H

#include "host-driver/vm/arch.h"

typedef struct {
	char *spec;		  /* as the user said it: "debian", "host", a path, "6.12", ... */
	char *release;		  /* uname -r */
	const Arch *arch;	  /* of its image, or as its release ends; never NULL */
	char *version;		  /* package version, or NULL */
	char *image_path;	  /* bzImage or Image; the vmlinux itself when the user gave one */
	char *vmlinux_path;	  /* unpacked ELF with a PVH entry, or NULL: boot the image */
	char *modules_dir;	  /* .../lib/modules/RELEASE, or NULL when all is built in */
	char *modules_given;	  /* the folder that the user gave, or NULL */
	GPtrArray *extra_modules; /* of char *, see kernel_add_modules(); or NULL */
	char *config_path;	  /* .config of the kernel, or NULL */
	char *build_id;		  /* hex GNU build-id of vmlinux, or NULL */
} Kernel;

/* One line of progress for a person ("fetching linux-image-6.1.0-… (69 MB)"). */
typedef void (*KernelProgress)(const char *text, gpointer user);

/*
 * Opens @spec: "debian" (the stock kernel of this machine's suite; "debian:SUITE" of another
 * suite of the same mirror, such as debian:trixie or debian:bookworm-backports;
 * "debian:SUITE:VERSION" the newest there whose release begins so), "host" (the running
 * kernel's files in /boot), a version or prefix of one in the cache ("6.12"), the path of a build
 * tree (see build-tree.h), or that of a bzImage, Image or vmlinux. VERSION may end in Debian's name
 * of an architecture ("6.12-arm64"); else it is this machine's, of the cache another one too when it
 * has no such kernel. @modules_dir: only with a path, its lib/modules/RELEASE folder or a
 * folder that holds lib/modules. Errors: USAGE (no such kernel, not a kernel), INFRA (apt,
 * disk). A cached kernel opens in milliseconds; else it blocks for as long as apt needs.
 * SIGINT and SIGTERM then make it an INFRA error ("interrupted"), and nothing is left behind.
 * (transfer full)
 */
Kernel *kernel_open(const char *spec, const char *modules_dir, KernelProgress progress,
		    gpointer user, GError **error);
/*
 * Whether kernel_open() of @spec would download: of "debian..." alone, and when it is not in the
 * cache. Errors: USAGE.
 */
gboolean kernel_needs_fetch(const char *spec, gboolean *fetch, GError **error);
void kernel_free(Kernel *kernel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Kernel, kernel_free)

typedef struct {
	char *spec;    /* what to pass to --kernel */
	char *release; /* or NULL when not known before the fetch */
	char *version;
	char *where; /* "cache", "host", "suite bookworm" */
} KernelEntry;
/* What is there now, without the network: cache, host, this suite. GPtrArray of KernelEntry. */
GPtrArray *kernel_list(GError **error);
void kernel_entry_free(KernelEntry *entry);

/*
 * The same for each suite of this machine's mirror, from its own on: what `debian:SUITE:VERSION`
 * would fetch. Looks at the mirror, so it may take a minute; suites that the mirror does not
 * have are left out. Errors: USAGE (no Debian), INFRA (no suite could be read).
 */
GPtrArray *kernel_offers(KernelProgress progress, gpointer user, GError **error);
/*
 * As kernel_open(), but a bare version such as "6.12" or "7.3.4" is looked for in each suite of
 * the mirror, from this machine's own on, and fetched from the first that has it. @arch: NULL, or
 * that of a @spec which does not name one.
 */
Kernel *kernel_fetch(const char *spec, const Arch *arch, KernelProgress progress, gpointer user,
		     GError **error);

/* One module file to load, in order. */
typedef struct {
	char *name;   /* with underscores */
	char *path;   /* .ko, .ko.xz, .ko.zst, .ko.gz on the host */
	char *params; /* or NULL */
} KernelModule;
void kernel_module_free(KernelModule *module);

/*
 * The modules named in @names ("NAME" or "NAME PARAM=VALUE ...") with all that they need, soft
 * dependencies too, in the order to load them, without what is built in; appended to @modules
 * (GPtrArray of KernelModule, no duplicates by name).
 * @missing (nullable): names that the kernel does not have are appended there (transfer full);
 * without it a missing one is an error (USAGE) that names module and kernel. Without a
 * modules_dir nothing is appended: the .config, when there is one, tells what is built in.
 */
gboolean kernel_modules_resolve(const Kernel *kernel, const char *const *names, GPtrArray *modules,
				GPtrArray *missing, GError **error);

/*
 * The module files @paths (nullable, NULL-terminated) are used in place of the kernel's own of the
 * same name; those that it does not have are loaded behind all others. USAGE error when one cannot
 * be read or was built for another kernel.
 */
gboolean kernel_add_modules(Kernel *kernel, const char *const *paths, GError **error);
/* Appends to @modules those of kernel_add_modules() that are not in it. */
void kernel_modules_append_extra(const Kernel *kernel, GPtrArray *modules);

/* Whether CONFIG_@symbol (without prefix) is y or m: 'y', 'm', 'n', or '?' when unknown. */
char kernel_config(const Kernel *kernel, const char *symbol);

/* $XDG_CACHE_HOME/pfnhunt (created), (transfer full). */
char *kernel_cache_dir(GError **error);

#endif
