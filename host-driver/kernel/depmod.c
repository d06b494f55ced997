/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See depmod.h. Packages and build trees leave modules.dep to the installation. */
#include "host-driver/kernel/depmod.h"

#include <errno.h>
#include <unistd.h>

#include "host-driver/base/error.h"

#define DEPMOD_DEADLINE_S 600

gboolean kernel_depmod(KernelJob *job, const char *base, const char *release, GError **error)
{
	g_autofree char *depmod = g_find_program_in_path("depmod");
	g_autofree char *usr = g_build_filename(base, "usr", NULL);

	if (!depmod)
		depmod = g_find_program_in_path("/usr/sbin/depmod");
	if (!depmod)
		depmod = g_find_program_in_path("/sbin/depmod");
	if (!depmod) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "depmod is missing: run `sudo apt-get install kmod`");
		return FALSE;
	}
	/* Some builds of depmod look below usr/lib, some below lib. */
	if (symlink(".", usr) < 0) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot create %s: %s", usr,
			    g_strerror(errno));
		return FALSE;
	}
	return kernel_job_run(job, (const char *const[]){depmod, "-b", base, release, NULL}, NULL,
			      DEPMOD_DEADLINE_S, NULL, error);
}
