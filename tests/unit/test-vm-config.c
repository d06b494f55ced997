/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's command line, what is refused before QEMU sees it, and which accelerator is taken. */
#include "host-driver/base/error.h"
#include "host-driver/vm/accel-internal.h"
#include "host-driver/qemu/argv.h"
#include "host-driver/qemu/ops.h"

#include <glib/gstdio.h>
#include <string.h>

#define MIB (G_GUINT64_CONSTANT(1) << 20)

typedef struct {
	char *dir; /* dir/bin/qemu-system-x86_64, dir/share/qemu/qboot.rom, dir/bzImage, ... */
	char *old_path;
	VmConfig *config;
} Fixture;

static char *put(Fixture *f, const char *name, const char *content)
{
	char *path = g_build_filename(f->dir, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
	g_assert_true(g_file_set_contents(path, content, -1, NULL));
	return path;
}

static void setup(Fixture *f, gconstpointer data)
{
	g_autofree char *qemu = NULL, *rom = NULL, *bin = NULL;

	f->dir = g_dir_make_tmp("pfnhunt-test-XXXXXX", NULL);
	f->old_path = g_strdup(g_getenv("PATH"));
	qemu = put(f, "bin/qemu-system-x86_64", "");
	rom = put(f, "share/qemu/qboot.rom", "");
	g_assert_cmpint(g_chmod(qemu, 0700), ==, 0);
	bin = g_build_filename(f->dir, "bin", NULL);
	g_setenv("PATH", bin, TRUE);
	f->config = vm_config_new();
	f->config->name = g_strdup("hunt 7, boot 1");
	f->config->arch = &arch_x86;
	f->config->accel = VM_ACCEL_TCG;
	f->config->cpus = 2;
	f->config->memory_bytes = 1024 * MIB;
	f->config->kernel_path = put(f, "bzImage", "MZ");
	f->config->initrd_path = put(f, "initrd", "");
	f->config->cmdline = g_strdup("console=ttyS0 a=b,c");
	g_ptr_array_add(f->config->mem_devices,
			vm_mem_device_new("vm0", 2048 * MIB, 4 * MIB, 580 * MIB));
}

static void teardown(Fixture *f, gconstpointer data)
{
	static const char *const names[] = {"bin/qemu-system-x86_64",
					    "bin/qemu-system-aarch64",
					    "share/qemu/qboot.rom",
					    "bzImage",
					    "initrd",
					    "vmlinux",
					    "cpuinfo",
					    "bin",
					    "share/qemu",
					    "share",
					    ""};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(f->dir, names[i], NULL);

		g_remove(path);
	}
	g_assert_false(g_file_test(f->dir, G_FILE_TEST_EXISTS));
	g_setenv("PATH", f->old_path, TRUE);
	g_free(f->old_path);
	g_free(f->dir);
	vm_config_free(f->config);
}

/* The command line with the folder of the test cut out. */
static char *line_of(Fixture *f)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) argv = vm_qemu_ops.argv(f->config, &error);
	g_autofree char *line = NULL;
	g_auto(GStrv) parts = NULL;

	g_assert_no_error(error);
	line = g_strjoinv(" ", argv);
	parts = g_strsplit(line, f->dir, -1);
	return g_strjoinv("", parts);
}

static void test_argv(Fixture *f, gconstpointer data)
{
	g_autofree char *line = line_of(f);

	g_assert_cmpstr(
		line, ==,
		"/bin/qemu-system-x86_64 -no-user-config -nodefaults -name guest=hunt 7,, boot 1 "
		"-display none -machine q35,dump-guest-core=off -accel tcg,thread=multi -cpu max "
		"-smp 2 -m 1024M,slots=1,maxmem=4096M "
		"-object memory-backend-ram,id=vm0-ram,size=2147483648,reserve=off "
		"-device virtio-mem-pci,id=vm0,memdev=vm0-ram,block-size=4194304,"
		"requested-size=608174080 -chardev socket,id=qmp,fd=3 -mon "
		"chardev=qmp,mode=control "
		"-chardev socket,id=console,fd=4 -serial chardev:console "
		"-chardev socket,id=agent,fd=5 -device virtio-serial-pci,id=agent-bus "
		"-device virtserialport,bus=agent-bus.0,chardev=agent,name=org.pfnhunt.agent.0 "
		"-device pvpanic-pci -action panic=none,reboot=shutdown,shutdown=pause "
		"-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny "
		"-kernel /bzImage -initrd /initrd -append console=ttyS0 a=b,c");
}

/* Another QEMU, machine and CPU; no qboot, no pvpanic, no DIMMs, and KVM takes the host's CPU. */
static void test_argv_arm64(Fixture *f, gconstpointer data)
{
	g_autofree char *qemu = put(f, "bin/qemu-system-aarch64", ""), *line = NULL, *kvm = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(g_chmod(qemu, 0700), ==, 0);
	f->config->arch = &arch_arm64;
	line = line_of(f);
	g_assert_cmpstr(
		line, ==,
		"/bin/qemu-system-aarch64 -no-user-config -nodefaults -name guest=hunt 7,, boot 1 "
		"-display none -machine virt,gic-version=3,dump-guest-core=off "
		"-accel tcg,thread=multi -cpu max,pauth-impdef=on "
		"-smp 2 -m 1024M,slots=1,maxmem=4096M "
		"-object memory-backend-ram,id=vm0-ram,size=2147483648,reserve=off "
		"-device virtio-mem-pci,id=vm0,memdev=vm0-ram,block-size=4194304,"
		"requested-size=608174080 -chardev socket,id=qmp,fd=3 -mon "
		"chardev=qmp,mode=control "
		"-chardev socket,id=console,fd=4 -serial chardev:console "
		"-chardev socket,id=agent,fd=5 -device virtio-serial-pci,id=agent-bus "
		"-device virtserialport,bus=agent-bus.0,chardev=agent,name=org.pfnhunt.agent.0 "
		"-action panic=none,reboot=shutdown,shutdown=pause "
		"-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny "
		"-kernel /bzImage -initrd /initrd -append console=ttyS0 a=b,c");
	f->config->accel = VM_ACCEL_KVM;
	kvm = line_of(f);
	g_assert_nonnull(strstr(kvm, " -accel kvm -cpu host -smp 2 "));
	f->config->dimm_count = 1;
	f->config->dimm_bytes = 256 << 20;
	g_assert_null(vm_qemu_ops.argv(f->config, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "arm64"));
}

/* The table is whole: what is looked up by one of an architecture's names finds it. */
static void test_arch(void)
{
	for (guint i = 0; arch_all[i]; i++) {
		const Arch *arch = arch_all[i];
		g_autofree char *release = g_strdup_printf("6.12.95+deb13-%s", arch->debian);

		g_assert_true(arch_find(arch->name) == arch);
		g_assert_true(arch_find(arch->debian) == arch);
		g_assert_true(arch_of_elf(arch->elf_machine) == arch);
		g_assert_true(arch_of_release(release) == arch);
		g_assert_cmpuint(strlen(arch->image_magic), ==, 4);
		g_assert_nonnull(strstr(arch->cmdline, "console="));
		g_assert_false(!arch->panic_device != !arch->panic_module);
	}
	g_assert_null(arch_of_release("6.12.95"));
	g_assert_null(arch_of_release("6.12-rc1"));
	g_assert_null(arch_find("pdp11"));
	g_assert_true(arch_of_file("/proc/self/exe") == arch_host());
	g_assert_null(arch_of_file("/etc/passwd"));
	g_assert_null(arch_of_file("/nonexistent"));
}

/* Room for what is plugged later: slots and addresses. */
static void test_argv_dimm(Fixture *f, gconstpointer data)
{
	g_autofree char *line = NULL;

	f->config->dimm_count = 3;
	f->config->dimm_bytes = 256 << 20;
	line = line_of(f);
	g_assert_nonnull(strstr(line, " -m 1024M,slots=4,maxmem=10240M "));
}

static VmMemDevice *device_of(Fixture *f)
{
	return g_ptr_array_index(f->config->mem_devices, 0);
}

/* Two sockets, and a node behind them that has the device alone. */
static void test_argv_nodes(Fixture *f, gconstpointer data)
{
	g_autofree char *plain = line_of(f), *line = NULL, *alone = NULL, *file = NULL;

	g_assert_null(strstr(plain, "numa"));
	f->config->cpus = 4;
	f->config->nodes = 2;
	device_of(f)->node = 1;
	line = line_of(f);
	g_assert_nonnull(strstr(
		line, " -smp 4,sockets=2 -m 1024M,slots=1,maxmem=4096M "
		      "-object memory-backend-ram,id=vm0-ram,size=2147483648,reserve=off "
		      "-device virtio-mem-pci,id=vm0,memdev=vm0-ram,node=1,block-size=4194304,"
		      "requested-size=608174080 "
		      "-object memory-backend-ram,id=boot-ram0,size=536870912 "
		      "-numa node,nodeid=0,cpus=0-1,memdev=boot-ram0 "
		      "-object memory-backend-ram,id=boot-ram1,size=536870912 "
		      "-numa node,nodeid=1,cpus=2-3,memdev=boot-ram1 -chardev "));
	f->config->nodes = 1;
	alone = line_of(f);
	g_assert_nonnull(strstr(alone, " -smp 4 -m 1024M,"));
	g_assert_nonnull(strstr(alone,
				" -object memory-backend-ram,id=boot-ram0,size=1073741824 "
				"-numa node,nodeid=0,cpus=0-3,memdev=boot-ram0 -numa node,nodeid=1 "
				"-chardev "));
	f->config->nodes = 2;
	f->config->memory_file = TRUE;
	file = line_of(f);
	g_assert_null(strstr(file, "memory-backend=boot-ram"));
	g_assert_nonnull(strstr(file, " -object memory-backend-file,id=boot-ram1,size=536870912,"
				      "mem-path=/proc/self/fd/10,share=on,align=2M "
				      "-numa node,nodeid=1,cpus=2-3,memdev=boot-ram1 -chardev "));
}

static void test_argv_elf(Fixture *f, gconstpointer data)
{
	g_autofree char *line = NULL;

	g_free(f->config->kernel_path);
	f->config->kernel_path = put(f, "vmlinux", "\177ELF and so on");
	f->config->accel = VM_ACCEL_KVM;
	g_ptr_array_set_size(f->config->mem_devices, 0);
	g_clear_pointer(&f->config->initrd_path, g_free);
	line = line_of(f);
	g_assert_nonnull(strstr(line, " -accel kvm -cpu max -smp 2 -m 1024M -chardev "));
	g_assert_nonnull(strstr(line, " -bios /share/qemu/qboot.rom -kernel /vmlinux -append "));
}

static void expect_usage(Fixture *f, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(vm_qemu_ops.argv(f->config, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
	if (!strstr(error->message, words))
		g_error("\"%s\" is not in \"%s\"", words, error->message);
}

static void test_refused_machine(Fixture *f, gconstpointer data)
{
	g_autofree char *long_line = g_strnfill(2048, 'x');

#define BAD(field, value, words)                                                                   \
	do {                                                                                       \
		typeof(f->config->field) good = f->config->field;                                  \
		f->config->field = (value);                                                        \
		expect_usage(f, words);                                                            \
		f->config->field = good;                                                           \
	} while (0)
	BAD(accel, VM_ACCEL_AUTO, "auto");
	BAD(cpus, 0, "cpus");
	BAD(cpus, 256, "cpus");
	BAD(memory_bytes, 0, "memory");
	BAD(memory_bytes, 1024 * MIB + 1, "whole MiB");
	BAD(memory_bytes, 8192 * 1024 * MIB, "memory");
	BAD(nodes, 0, "nodes");
	BAD(nodes, 9, "nodes");
	BAD(nodes, 4, "same number of cpus");
	BAD(kernel_path, NULL, "kernel");
	BAD(kernel_path, (char *)"/nowhere/bzImage", "/nowhere/bzImage");
	BAD(initrd_path, (char *)"/nowhere/initrd", "/nowhere/initrd");
	BAD(cmdline, long_line, "2047");
#undef BAD
}

static void test_long_cmdline(Fixture *f, gconstpointer data)
{
	g_auto(GStrv) argv = NULL;

	g_free(f->config->cmdline);
	f->config->cmdline = g_strnfill(2047, 'x');
	argv = vm_qemu_ops.argv(f->config, NULL);
	g_assert_nonnull(argv);
}

static void test_refused_device(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *id;
		guint64 size_mib, block_bytes, requested_bytes;
		const char *words;
	} bad[] = {
		{"", 64, 4 * MIB, 0, "[a-z][a-z0-9]*"},
		{"0vm", 64, 4 * MIB, 0, "[a-z][a-z0-9]*"},
		{"vm,x=y", 64, 4 * MIB, 0, "[a-z][a-z0-9]*"},
		{"vm0", 64, 4 * MIB, 0, "twice"},
		{"vm1", 64, 3 * MIB, 0, "power of two"},
		{"vm1", 64, 4096, 0, "power of two"},
		{"vm1", 64, 0, 0, "power of two"},
		{"vm1", 0, 4 * MIB, 0, "multiple of the block"},
		{"vm1", 66, 4 * MIB, 0, "multiple of the block"},
		{"vm1", 4100 * 1024, 4 * MIB, 0, "at most 4096G"},
		{"vm1", 64, 4 * MIB, 1, "requested"},
		{"vm1", 64, 4 * MIB, 68 * MIB, "requested"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_ptr_array_set_size(f->config->mem_devices, 1);
		g_ptr_array_add(f->config->mem_devices,
				vm_mem_device_new(bad[i].id, bad[i].size_mib * MIB,
						  bad[i].block_bytes, bad[i].requested_bytes));
		expect_usage(f, bad[i].words);
	}
	g_ptr_array_set_size(f->config->mem_devices, 1);
	device_of(f)->node = 2;
	expect_usage(f, "node 2 of 1");
}

static void test_no_qemu(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	g_setenv("PATH", "/nowhere", TRUE);
	g_assert_null(vm_qemu_ops.create(f->config, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA);
	g_assert_nonnull(strstr(error->message, "apt-get install qemu-system-x86"));
}

/* Boot memory in a file, which QEMU inherits: it has no name. */
static void test_argv_memory_file(Fixture *f, gconstpointer data)
{
	g_autofree char *plain = line_of(f), *line = NULL;

	f->config->memory_file = TRUE;
	line = line_of(f);
	g_assert_nonnull(
		strstr(line, " -machine q35,dump-guest-core=off,memory-backend=boot-ram "));
	g_assert_nonnull(strstr(line, " -object memory-backend-file,id=boot-ram,size=1073741824,"
				      "mem-path=/proc/self/fd/9,share=on,align=2M "));
	f->config->memory_file = FALSE;
	g_free(line);
	line = line_of(f);
	g_assert_cmpstr(line, ==, plain);
}

static void test_run_dir(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	f->config->run_dir = g_strdup("/tmp/\xff");
	g_assert_null(vm_qemu_ops.create(f->config, &error));
	g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
}

static void test_accel(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *cpuinfo, *kvm, *why;
	} cases[] = {
		{"flags\t\t: fpu xsvm vmx_ept svm_lock\n", "/dev/null", "neither vmx nor svm"},
		{"vendor: x\nflags : fpu\nvmx flags : vmx\n", "/dev/null", "neither vmx nor svm"},
		{"bugs : vmx svm\n", "/dev/null", "neither vmx nor svm"},
		{"", "/dev/null", "neither vmx nor svm"},
		{"processor : 0\nflags\t\t: fpu vmx\n", "/nowhere/kvm", "/nowhere/kvm: No such"},
		{"flags\t\t: svm fpu\n", "/dev/null", "is no KVM device"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = put(f, "cpuinfo", cases[i].cpuinfo);
		g_autofree char *why = NULL;
		g_autoptr(GError) error = NULL;
		VmAccel accel = VM_ACCEL_AUTO;

		g_assert_true(vm_accel_resolve_on(path, cases[i].kvm, &arch_x86, VM_ACCEL_AUTO,
						  &accel, &why, &error));
		g_assert_cmpint(accel, ==, VM_ACCEL_TCG);
		g_assert_nonnull(strstr(why, cases[i].why));
		g_assert_true(vm_accel_resolve_on(path, cases[i].kvm, &arch_x86, VM_ACCEL_TCG,
						  &accel, NULL, &error));
		g_assert_cmpint(accel, ==, VM_ACCEL_TCG);
		g_assert_false(vm_accel_resolve_on(path, cases[i].kvm, &arch_x86, VM_ACCEL_KVM,
						   &accel, NULL, &error));
		g_assert_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		g_assert_nonnull(strstr(error->message, cases[i].why));
		g_assert_nonnull(strstr(error->message, "or use TCG"));
	}
	g_assert_cmpstr(vm_accel_name(VM_ACCEL_AUTO), ==, "auto");
	g_assert_cmpstr(vm_accel_name(VM_ACCEL_KVM), ==, "kvm");
	g_assert_cmpstr(vm_accel_name(VM_ACCEL_TCG), ==, "tcg");
}

static void test_tsc(Fixture *f, gconstpointer data)
{
	guint64 khz = vm_host_tsc_khz();

	g_assert_cmpuint(khz, ==, vm_host_tsc_khz());
	if (khz == 0) {
		g_test_skip("no constant TSC here");
		return;
	}
	g_assert_cmpuint(khz, >, 200000);
	g_assert_cmpuint(khz, <, 20000000);
}

#define ADD(name, func) g_test_add("/vm-config/" name, Fixture, NULL, setup, func, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("argv", test_argv);
	ADD("argv-arm64", test_argv_arm64);
	g_test_add_func("/vm-config/arch", test_arch);
	ADD("argv-dimm", test_argv_dimm);
	ADD("argv-nodes", test_argv_nodes);
	ADD("argv-memory-file", test_argv_memory_file);
	ADD("argv-elf", test_argv_elf);
	ADD("refused-machine", test_refused_machine);
	ADD("long-cmdline", test_long_cmdline);
	ADD("refused-device", test_refused_device);
	ADD("no-qemu", test_no_qemu);
	ADD("run-dir", test_run_dir);
	ADD("accel", test_accel);
	ADD("tsc", test_tsc);
	return g_test_run();
}
