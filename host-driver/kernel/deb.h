/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks what a guest needs from one of Debian's kernel packages, private to kernel-*.c.
 * apt has verified the package; still, no name in it can lead out of the target folder.
 */
#ifndef PFNHUNT_KERNEL_DEB_H
#define PFNHUNT_KERNEL_DEB_H

#include "host-driver/kernel/job.h"

/*
 * Unpacks image, config and modules of @release from the .deb at @path below @tree, into
 * boot/ and lib/modules/RELEASE/ wherever the package has them, without folders of drivers
 * that no guest of ours can use. Only regular files are made, all else is passed over.
 * A name with ".." or an absolute one refuses the package. Errors: INFRA.
 */
gboolean kernel_deb_unpack(KernelJob *job, const char *path, const char *release, const char *tree,
			   GError **error);

#endif
