/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt backend`: checks what a host can run, and cleans up after killed hunts. */
#include "harness/cli/hunt-options.h"
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "host-driver/base/units.h"

#include <stdio.h>
#include <string.h>

/* A --backend argument, or just a libvirt URI. */
static VmBackend *parse(const char *text, GError **error)
{
	g_autofree char *longer = g_strconcat("libvirt:", text, NULL);
	const char *first = strchr(text, ':');

	/* "qemu:///session" is a URI, "libvirt:qemu:///session" names its backend. */
	if (first && g_str_has_prefix(first, "://"))
		return vm_backend_parse(longer, error);
	return cmd_hunt_backend(text, error);
}

static void print_line(const char *text, gpointer user)
{
	g_autofree char *line = units_printable(text);

	puts(line);
	(*(guint *)user)++;
}

static int clean(const VmBackend *backend, GError **error)
{
	guint lines = 0;

	if (!vm_backend_clean(backend, print_line, &lines, error))
		return -1;
	if (lines == 0)
		printf("%s: nothing to clean\n", backend->text);
	return 0;
}

static int check(const VmBackend *backend, GError **error)
{
	g_autofree char *why = NULL;
	VmAccel accel;

	if (!vm_backend_settle(backend, arch_host(), VM_ACCEL_AUTO, &accel, &why, error))
		return -1;
	printf("%s: %s%s%s\n", backend->text, vm_accel_name(accel), why ? ", no KVM: " : "",
	       why ? why : "");
	return 0;
}

int cmd_backend(int argc, char **argv)
{
	g_autofree char *list = vm_backend_list();
	g_autofree char *summary =
		g_strdup_printf("check  whether the host can run our guests, and how\n"
				"clean  end guests and remove files left by killed pfnhunt hunts, "
				"nothing else\n\nBACKEND is one of %s, or just a libvirt URI.",
				list);
	const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
	const CommandHelp help = {
		.name = "backend", .args = "check|clean BACKEND", .summary = summary};
	g_autoptr(GError) error = NULL;
	g_autoptr(VmBackend) backend = NULL;
	int code = -1;

	if (!command_parse(&help, entries, &argc, &argv, &error))
		return error ? cmd_fail(error) : 0;
	if (argc != 3 || (!g_str_equal(argv[1], "check") && !g_str_equal(argv[1], "clean")))
		cmd_usage_error(&error, "usage: pfnhunt backend check BACKEND, or clean BACKEND");
	else if ((backend = parse(argv[2], &error)))
		code = g_str_equal(argv[1], "check") ? check(backend, &error)
						     : clean(backend, &error);
	return error ? cmd_fail(error) : code;
}
