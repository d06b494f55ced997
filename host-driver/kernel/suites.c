/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The suites of the machine's mirror, and which of them has a kernel. A mirror cannot be asked
 * for its suites, so their names stand here; one that it does not carry is passed over.
 */
#include "host-driver/kernel/debian.h"

#include <string.h>

#include "host-driver/base/error.h"

/* In the order of their release. */
static const char *const codenames[] = {"bullseye", "bookworm", "trixie", "forky", NULL};
static const char *const rolling[] = {"sid", "experimental", NULL};

static void add_release(GStrvBuilder *suites, const char *codename)
{
	g_autofree char *backports = g_strdup_printf("%s-backports", codename);

	g_strv_builder_add_many(suites, codename, backports, NULL);
}

static char **list_suites(GError **error)
{
	g_autofree char *own = kernel_debian_suite(error);
	g_autoptr(GStrvBuilder) suites = g_strv_builder_new();
	guint older = 0;

	if (!own)
		return NULL;
	while (codenames[older] && !g_str_equal(codenames[older], own))
		older++;
	/* A machine of a suite that is newer than this list has that one and the rolling ones. */
	if (!g_strv_contains(codenames, own) && !g_strv_contains(rolling, own))
		g_strv_builder_add(suites, own);
	for (guint i = older; codenames[i]; i++)
		add_release(suites, codenames[i]);
	g_strv_builder_addv(suites, (const char **)rolling);
	/* The older ones last, for kernels that are asked for by number. */
	for (guint i = 0; i < older; i++)
		add_release(suites, codenames[older - 1 - i]);
	return g_strv_builder_end(suites);
}

/* Not interrupted, and not our disk: this suite is not there or has no such kernel. */
static gboolean may_go_on(const GError *why)
{
	return !strstr(why->message, "interrupted");
}

static Kernel *fetch_debian(const char *spec, const Arch *arch, KernelProgress progress,
			    gpointer user, GError **error)
{
	g_autofree char *cache = kernel_cache_dir(error);

	return cache ? kernel_debian_open(cache, spec, arch, progress, user, error) : NULL;
}

Kernel *kernel_fetch(const char *spec, const Arch *arch, KernelProgress progress, gpointer user,
		     GError **error)
{
	g_autoptr(GError) first = NULL;
	g_auto(GStrv) suites = NULL;
	gboolean searched = FALSE;

	if (strcmp(spec, "debian") == 0 || g_str_has_prefix(spec, "debian:"))
		return fetch_debian(spec, arch, progress, user, error);
	if (!g_ascii_isdigit(spec[0]))
		return kernel_open(spec, NULL, progress, user, error);
	suites = list_suites(error);
	for (guint i = 0; suites && suites[i]; i++) {
		g_autofree char *full = g_strdup_printf("debian:%s:%s", suites[i], spec);
		g_autoptr(GError) why = NULL;
		Kernel *kernel = fetch_debian(full, arch, progress, user, &why);

		if (kernel)
			return kernel;
		if (!may_go_on(why)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return NULL;
		}
		searched |= g_error_matches(why, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE);
		if (!first)
			first = g_steal_pointer(&why);
	}
	if (!suites)
		return NULL;
	if (searched) {
		g_autofree char *names = g_strjoinv(", ", suites);

		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "no kernel %s in any suite of the mirror (%s); `pfnhunt kernel list` "
			    "shows what there is",
			    spec, names);
	} else {
		g_propagate_error(error, g_steal_pointer(&first));
	}
	return NULL;
}

GPtrArray *kernel_offers(KernelProgress progress, gpointer user, GError **error)
{
	g_autoptr(GPtrArray) list =
		g_ptr_array_new_with_free_func((GDestroyNotify)kernel_entry_free);
	g_autofree char *cache = kernel_cache_dir(error);
	g_auto(GStrv) suites = cache ? list_suites(error) : NULL;
	g_autoptr(GError) first = NULL;
	gboolean read = FALSE;

	for (guint i = 0; suites && suites[i]; i++) {
		g_autoptr(GError) why = NULL;
		g_auto(GStrv) releases =
			kernel_debian_releases(cache, suites[i], progress, user, &why);

		if (!releases && !may_go_on(why)) {
			g_propagate_error(error, g_steal_pointer(&why));
			return NULL;
		}
		if (!releases && !first)
			first = g_steal_pointer(&why);
		read |= releases != NULL;
		for (guint k = 0; releases && releases[k]; k++) {
			KernelEntry *entry = g_new0(KernelEntry, 1);

			entry->spec = g_strdup_printf("debian:%s:%s", suites[i], releases[k]);
			entry->release = g_strdup(releases[k]);
			entry->where = g_strdup_printf("suite %s", suites[i]);
			g_ptr_array_add(list, entry);
		}
	}
	if (!suites)
		return NULL;
	if (!read) {
		g_propagate_error(error, g_steal_pointer(&first));
		return NULL;
	}
	return g_steal_pointer(&list);
}
