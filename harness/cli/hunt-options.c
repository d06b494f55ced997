/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hunt-options.h. */
#include "harness/cli/hunt-options.h"
#include "harness/cli/paths.h"
#include "host-driver/base/units.h"
#include "host-driver/base/error.h"
#include "host-driver/fake/fake.h"
#include "host-driver/qemu/ops.h"

#include <sys/random.h>

#define BOOTS_MAX 1000000

gboolean cmd_usage_error(GError **error, const char *format, ...)
{
	va_list ap;
	g_autofree char *text = NULL;

	va_start(ap, format);
	text = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_set_error_literal(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE, text);
	return FALSE;
}

static gboolean parse_accel(const char *text, VmAccel *accel, GError **error)
{
	static const VmAccel all[] = {VM_ACCEL_AUTO, VM_ACCEL_KVM, VM_ACCEL_TCG};

	for (guint i = 0; i < G_N_ELEMENTS(all); i++)
		if (g_str_equal(text, vm_accel_name(all[i]))) {
			*accel = all[i];
			return TRUE;
		}
	return cmd_usage_error(error, "--accel %s: use auto, kvm or tcg", text);
}

VmBackend *cmd_hunt_backend(const char *text, GError **error)
{
	g_autoptr(VmBackend) backend = vm_backend_parse(text ? text : "qemu", error);

	if (!backend || backend->ops != &vm_fake_ops)
		return g_steal_pointer(&backend);
	cmd_usage_error(error, "backend %s runs no guests", text);
	return NULL;
}

gboolean cmd_hunt_ran_here(const RHunt *hunt, const char *recorded, GError **error)
{
	g_auto(GStrv) backends = g_strsplit(recorded, " ", -1);

	for (guint i = 0; backends[i]; i++)
		if (!g_str_equal(backends[i], vm_qemu_ops.name))
			return cmd_usage_error(error,
					       "%s records that it ran on %s, which is not used "
					       "without --backend: pass --backend %s if you trust "
					       "it, or --backend qemu to run here",
					       hunt->id, recorded, backends[i]);
	return TRUE;
}

gboolean cmd_hunt_accel(const char *text, HuntConfig *config, GError **error)
{
	static char told[256]; /* once, not before each hunt of many */
	g_autofree char *why = NULL;
	VmAccel wanted = VM_ACCEL_AUTO;

	if (!parse_accel(text ? text : "auto", &wanted, error) ||
	    !vm_backend_settle(config->backend, config->kernel->arch, wanted, &config->accel, &why,
			       error))
		return FALSE;
	config->accel_auto = wanted == VM_ACCEL_AUTO;
	if (!config->accel_auto || !why || g_str_equal(told, why))
		return TRUE;
	g_strlcpy(told, why, sizeof(told));
	g_printerr("no KVM (%s): emulating with TCG\n", why);
	return TRUE;
}

gboolean cmd_hunt_jobs(const char *text, guint *jobs, GError **error)
{
	guint64 number = 1;

	if (g_strcmp0(text, "auto") == 0) {
		*jobs = HUNT_JOBS_AUTO;
		return TRUE;
	}
	if (text && (!units_parse_u64(text, &number) || number < 1 || number > 1000))
		return cmd_usage_error(error, "--jobs %s: a number from 1 to 1000, or auto", text);
	*jobs = (guint)number;
	return TRUE;
}

HuntHost *cmd_hunt_hosts(const GPtrArray *backends, const char *accel, HuntConfig *config,
			 GError **error)
{
	g_autofree HuntHost *more = g_new0(HuntHost, backends->len);

	for (guint i = backends->len; i > 0; i--) {
		config->backend = g_ptr_array_index(backends, i - 1);
		if (!cmd_hunt_accel(accel, config, error))
			return NULL;
		if (i > 1)
			more[i - 2] =
				(HuntHost){config->backend, config->accel, config->accel_auto};
	}
	config->more_hosts = more;
	config->more_host_count = backends->len - 1;
	return g_steal_pointer(&more);
}

gboolean cmd_hunt_boots(const char *text, guint64 *boots, GError **error)
{
	*boots = 0;
	if (text && (!units_parse_u64(text, boots) || *boots < 1 || *boots > BOOTS_MAX))
		return cmd_usage_error(error, "--boots %s: a number from 1 to %d", text, BOOTS_MAX);
	return TRUE;
}

gboolean cmd_hunt_seed(const char *text, guint64 *seed, GError **error)
{
	if (text && !units_parse_u64(text, seed))
		return cmd_usage_error(error, "--seed %s: a number, decimal or 0x hex", text);
	if (!text && getrandom(seed, sizeof(*seed), 0) < 0)
		return cmd_usage_error(error, "no random numbers from the kernel: pass --seed");
	return TRUE;
}

static gboolean build_agent(const Arch *arch, GError **error)
{
	g_autofree char *dir = NULL, *script = paths_agent_builder(arch, &dir);
	char *argv[] = {script, (char *)arch->debian, dir, NULL};
	int status = 0;

	if (!script || (g_spawn_sync(NULL, argv, NULL, G_SPAWN_CHILD_INHERITS_STDIN, NULL, NULL,
				     NULL, NULL, &status, NULL) &&
			status == 0))
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "no guest agent for %s could be built by %s %s %s", arch->title, script,
		    arch->debian, dir);
	return FALSE;
}

gboolean cmd_hunt_agent(HuntConfig *config, char **path, gboolean build, GError **error)
{
	const Arch *wanted = config->kernel->arch, *arch;

	if (build && !build_agent(wanted, error))
		return FALSE;
	g_free(*path);
	*path = paths_agent(wanted);
	config->agent_path = *path;
	if (!g_file_test(*path, G_FILE_TEST_IS_REGULAR)) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "no guest agent for %s at %s: build it with ninja, or set "
			    "PFNHUNT_AGENT",
			    wanted->title, *path);
		return FALSE;
	}
	arch = arch_of_file(*path);
	if (arch == wanted)
		return TRUE;
	return cmd_usage_error(error,
			       "the guest agent %s is %s%s and does not fit the kernel %s, which "
			       "is of %s",
			       *path, arch ? "for " : "", arch ? arch->title : "no program for it",
			       config->kernel->release, wanted->title);
}
