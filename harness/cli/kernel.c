/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `pfnhunt kernel`: lists and fetches kernels to hunt on. */
#include "harness/cli/cmd.h"
#include "harness/cli/fail.h"
#include "harness/cli/options.h"
#include "host-driver/base/error.h"
#include "host-driver/kernel/kernel.h"

#include <stdio.h>

static void on_progress(const char *text, gpointer user)
{
	g_printerr("%s\n", text);
}

static void print_entries(const GPtrArray *entries)
{
	for (guint i = 0; i < entries->len; i++) {
		const KernelEntry *k = g_ptr_array_index(entries, i);

		printf("%-46s %-28s %s\n", k->spec, k->release ? k->release : "-", k->where);
	}
}

/* Local kernels at once, then what the mirror has, which takes a while. */
static int list(GError **error)
{
	g_autoptr(GPtrArray) here = kernel_list(error);
	g_autoptr(GPtrArray) offers = NULL;

	if (!here)
		return -1;
	g_ptr_array_set_free_func(here, (GDestroyNotify)kernel_entry_free);
	print_entries(here);
	fflush(stdout);
	offers = kernel_offers(on_progress, NULL, error);
	if (!offers)
		return -1;
	print_entries(offers);
	return 0;
}

static int fetch(char *const *specs, const Arch *arch, GError **error)
{
	for (guint i = 0; specs[i]; i++) {
		g_autoptr(Kernel) kernel = kernel_fetch(specs[i], arch, on_progress, NULL, error);

		if (!kernel)
			return -1;
		printf("%s: %s%s%s%s, pass --kernel %s\n", specs[i], kernel->release,
		       kernel->version ? " (Debian " : "", kernel->version ? kernel->version : "",
		       kernel->version ? ")" : "", kernel->release);
	}
	return 0;
}

int cmd_kernel(int argc, char **argv)
{
	g_autofree char *arch = NULL;
	const GOptionEntry entries[] = {
		{"arch", 0, 0, G_OPTION_ARG_STRING, &arch,
		 "fetch for this architecture: amd64 or arm64 (default: this machine's; a version "
		 "may end in it: 6.12-arm64)",
		 "ARCH"},
		G_OPTION_ENTRY_NULL};
	const CommandHelp help = {
		.name = "kernel",
		.args = "list | fetch KERNEL...",
		.summary = "list   show the cache, this machine's kernel, and what its Debian "
			   "mirror offers\nfetch  download a kernel into the cache, without "
			   "installing it: a version (6.12, 7.3.4),\n       debian, debian:SUITE "
			   "or debian:SUITE:VERSION",
	};
	g_autoptr(GError) error = NULL;
	int code = -1;

	if (!command_parse(&help, entries, &argc, &argv, &error))
		return error ? cmd_fail(error) : 0;
	if (argc == 2 && g_str_equal(argv[1], "list"))
		code = list(&error);
	else if (argc > 2 && g_str_equal(argv[1], "fetch") && arch && !arch_find(arch))
		g_set_error(&error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "--arch %s: use amd64 or arm64", arch);
	else if (argc > 2 && g_str_equal(argv[1], "fetch"))
		code = fetch(argv + 2, arch ? arch_find(arch) : NULL, &error);
	else
		g_set_error(&error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "usage: pfnhunt kernel list, or pfnhunt kernel fetch KERNEL...");
	return error ? cmd_fail(error) : code;
}
