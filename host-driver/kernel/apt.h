/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's archive through apt's own client, private to kernel-*.c. The mirror, its keys, the
 * proxy and the like come from the machine's configuration; lists, cache and state are
 * private, so that nothing needs root and the machine's own lists stay as they are. apt
 * checks signatures and hashes.
 */
#ifndef PFNHUNT_KERNEL_APT_H
#define PFNHUNT_KERNEL_APT_H

#include "host-driver/kernel/job.h"
#include "host-driver/vm/arch.h"

typedef struct KernelApt KernelApt;

typedef struct {
	char *name, *version, *sha256;
	char **depends; /* first alternatives, without versions */
	guint64 size_bytes;
} AptPackage;
void apt_package_free(AptPackage *package);

/*
 * Looks at the packages of @arch in @suite of the mirror that serves this machine's own suite @codename; all private
 * state is in @dir (created). Errors: INFRA (no apt, no lists yet), USAGE (no Debian).
 */
KernelApt *kernel_apt_new(KernelJob *job, const char *dir, const char *codename, const char *suite,
			  const Arch *arch, GError **error);
void kernel_apt_free(KernelApt *apt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KernelApt, kernel_apt_free)

/* Brings the private lists up to date. Errors: INFRA. */
gboolean kernel_apt_update(KernelApt *apt, GError **error);
/* The newest version of the package, or NULL: not in the suite (INFRA). (transfer full) */
AptPackage *kernel_apt_show(KernelApt *apt, const char *name, GError **error);
/* Names of all packages that begin with @prefix. (transfer full) */
char **kernel_apt_names(KernelApt *apt, const char *prefix, GError **error);
/* Fetches the .deb files of @packages (GPtrArray of AptPackage) into the folder @into. */
gboolean kernel_apt_download(KernelApt *apt, const GPtrArray *packages, const char *into,
			     GError **error);

/*
 * The sources.list for @suite, made from what `apt-get indextargets` printed in
 * KERNEL_APT_TARGET_FORMAT; with the mirror's security suite when @security. NULL when
 * @targets knows no mirror of @codename. (transfer full)
 */
char *kernel_apt_sources(const char *targets, const char *codename, const char *suite,
			 const Arch *arch, gboolean security);
#define KERNEL_APT_TARGET_FORMAT                                                                   \
	"$(IDENTIFIER)\t$(COMPONENT)\t$(RELEASE)\t$(CODENAME)\t$(REPO_URI)\t$(SOURCESENTRY)"

#endif
