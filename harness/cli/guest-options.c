/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See guest-options.h. */
#include "harness/cli/guest-options.h"
#include "harness/cli/hunt-options.h"
#include "harness/scenario/change.h"

#include <string.h>

/* Longer ones belong in a file. */
#define LABEL_MAX 100

gboolean guest_options_any(const GuestOptions *o)
{
	return o->append || o->cpus || o->memory || o->sets || o->label;
}

void guest_options_clear(GuestOptions *o)
{
	g_free(o->append);
	g_free(o->cpus);
	g_free(o->memory);
	g_strfreev(o->sets);
	g_strfreev(o->modules);
	g_free(o->label);
}

Scenario *guest_options_scenario(const GuestOptions *o, Scenario *scenario, GError **error)
{
	g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func(g_free);

	if (o->append)
		g_ptr_array_add(changes, g_strconcat("guest.cmdline+=", o->append, NULL));
	if (o->cpus)
		g_ptr_array_add(changes, g_strconcat("guest.cpus=", o->cpus, NULL));
	if (o->memory)
		g_ptr_array_add(changes, g_strconcat("guest.memory=", o->memory, NULL));
	for (guint i = 0; o->sets && o->sets[i]; i++)
		g_ptr_array_add(changes, g_strdup(o->sets[i]));
	g_ptr_array_add(changes, NULL);
	return scenario_change(scenario, (const char *const *)changes->pdata, error);
}

gboolean guest_options_kernel(const GuestOptions *o, Kernel *kernel, const char *modules_dir,
			      GError **error)
{
	if (o->label && strlen(o->label) > LABEL_MAX)
		return cmd_usage_error(error, "--label: over %d bytes", LABEL_MAX);
	if (o->modules && modules_dir)
		return cmd_usage_error(error, "--module with --modules: put the module into %s",
				       modules_dir);
	return kernel_add_modules(kernel, (const char *const *)o->modules, error);
}
