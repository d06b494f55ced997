/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether KVM works here. An openable /dev/kvm alone proves nothing: inside some virtual
 * machines even KVM_CREATE_VM succeeds, yet a guest never prints a byte. There the CPU shows
 * no vmx or svm flag, so the flag decides first.
 */
#include "host-driver/vm/accel-internal.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* Whether the first line "flags : ..." of @cpuinfo has @flag as a word. */
static gboolean has_flag(const char *cpuinfo, const char *flag)
{
	const char *line =
		g_str_has_prefix(cpuinfo, "flags") ? cpuinfo : strstr(cpuinfo, "\nflags");
	g_autofree char *flags = NULL;
	g_auto(GStrv) words = NULL;

	if (!line)
		return FALSE;
	line += *line == '\n';
	flags = g_strndup(line, strcspn(line, "\n"));
	words = g_strsplit_set(flags, " \t:", -1);
	return g_strv_contains((const char *const *)words, flag);
}

static gboolean has_a_flag(const char *cpuinfo, const Arch *arch)
{
	gboolean has = !arch->kvm_flags;

	for (guint i = 0; !has && arch->kvm_flags[i]; i++)
		has = has_flag(cpuinfo, arch->kvm_flags[i]);
	return has;
}

/* NULL when KVM can be used; else why not, and in @fix what helps. (transfer full) */
static char *kvm_obstacle(const char *cpuinfo_path, const char *kvm_path, const Arch *arch,
			  const char **fix)
{
	g_autofree char *cpuinfo = NULL;
	int kvm, version, vm, saved;

	*fix = "hunt on a machine of that architecture";
	if (arch != arch_host())
		return g_strdup_printf("this machine is no %s", arch->title);
	*fix = "switch on virtualisation in the firmware, or nested virtualisation on the outer "
	       "host";
	if (!g_file_get_contents(cpuinfo_path, &cpuinfo, NULL, NULL))
		return g_strdup_printf("%s cannot be read", cpuinfo_path);
	if (!has_a_flag(cpuinfo, arch)) {
		g_autofree char *flags = g_strjoinv(" nor ", (char **)arch->kvm_flags);

		return g_strdup_printf("the CPU shows neither %s", flags);
	}
	kvm = open(kvm_path, O_RDWR | O_CLOEXEC);
	if (kvm < 0) {
		saved = errno;
		*fix = saved == EACCES ? "add yourself to the group of that file (mostly kvm)"
				       : "load the module of KVM (on x86 kvm_intel or kvm_amd)";
		return g_strdup_printf("%s: %s", kvm_path, g_strerror(saved));
	}
	*fix = "end what else uses the virtualisation of this machine";
	version = ioctl(kvm, KVM_GET_API_VERSION, 0);
	vm = version == KVM_API_VERSION ? ioctl(kvm, KVM_CREATE_VM, 0) : -1;
	saved = errno;
	close(kvm);
	if (version != KVM_API_VERSION)
		return g_strdup_printf("%s is no KVM device", kvm_path);
	if (vm < 0)
		return g_strdup_printf("%s makes no virtual machine: %s", kvm_path,
				       g_strerror(saved));
	close(vm);
	return NULL;
}

gboolean vm_accel_resolve_on(const char *cpuinfo_path, const char *kvm_path, const Arch *arch,
			     VmAccel wanted, VmAccel *accel, char **why, GError **error)
{
	g_autofree char *obstacle = NULL;
	const char *fix;

	if (wanted == VM_ACCEL_TCG)
		obstacle = g_strdup("TCG was asked for");
	else
		obstacle = kvm_obstacle(cpuinfo_path, kvm_path, arch, &fix);
	if (wanted == VM_ACCEL_KVM && obstacle) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "KVM cannot be used: %s; %s, or use TCG", obstacle, fix);
		return FALSE;
	}
	*accel = obstacle ? VM_ACCEL_TCG : VM_ACCEL_KVM;
	if (why)
		*why = g_steal_pointer(&obstacle);
	return TRUE;
}

#if defined(__x86_64__)
/* The hypervisor's leaves, see target/i386/cpu.c of QEMU; their signature is three registers. */
#define LEAF_HYPERVISOR 0x40000000
#define HAS_HYPERVISOR	(1u << 31) /* of leaf 1, ECX */

gboolean vm_host_is_emulated(void)
{
	guint32 eax, name[4] = {0};

	if (!__get_cpuid(1, &eax, &name[0], &name[1], &name[2]) || !(name[1] & HAS_HYPERVISOR))
		return FALSE;
	__cpuid(LEAF_HYPERVISOR, eax, name[0], name[1], name[2]);
	return memcmp(name, "TCGTCGTCGTCG", 3 * sizeof(*name)) == 0;
}
#else
gboolean vm_host_is_emulated(void)
{
	return FALSE;
}
#endif

gboolean vm_accel_resolve(const Arch *arch, VmAccel wanted, VmAccel *accel, char **why,
			  GError **error)
{
	return vm_accel_resolve_on("/proc/cpuinfo", "/dev/kvm", arch, wanted, accel, why, error);
}
