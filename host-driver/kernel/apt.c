/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apt-get and apt-cache with private state. See apt.h. */
#include "host-driver/kernel/apt.h"

#include <glib/gstdio.h>
#include <string.h>

#include "host-driver/base/error.h"
#include "host-driver/kernel/cache.h"

#define DEBIAN_KEYRING "/usr/share/keyrings/debian-archive-keyring"

enum { QUERY_DEADLINE_S = 120, UPDATE_DEADLINE_S = 600, DOWNLOAD_DEADLINE_S = 3600 };

/* One line in KERNEL_APT_TARGET_FORMAT. */
enum { F_IDENTIFIER, F_COMPONENT, F_RELEASE, F_CODENAME, F_URI, F_ENTRY, F_COUNT };

struct KernelApt {
	KernelJob *job;
	const Arch *arch;
	char *dir, *conf, *sources, *suite;
	char *list;		/* what to write to sources.list */
	char *list_no_security; /* the same without the security suite, NULL when alike */
};

/*
 * Read after the machine's own configuration. Hooks of the machine (which want root) are
 * cleared, and so are pins: the newest version wins.
 */
static const char CONF[] = "#clear APT::Update::Pre-Invoke;\n"
			   "#clear APT::Update::Post-Invoke;\n"
			   "#clear APT::Update::Post-Invoke-Success;\n"
			   "#clear APT::Architectures;\n"
			   "APT::Architecture \"%2$s\";\n"
			   "APT::Architectures { \"%2$s\"; };\n"
			   "APT::Sandbox::User \"root\";\n"
			   "APT::Update::Error-Mode \"any\";\n"
			   "Acquire::GzipIndexes \"true\";\n"
			   "Dir::State \"%1$s\";\n"
			   "Dir::State::lists \"%1$s/lists\";\n"
			   "Dir::State::status \"%1$s/status\";\n"
			   "Dir::Cache \"%1$s\";\n"
			   "Dir::Cache::archives \"%1$s/archives\";\n"
			   "Dir::Cache::pkgcache \"pkgcache.bin\";\n"
			   "Dir::Cache::srcpkgcache \"\";\n"
			   "Dir::Etc::sourcelist \"%1$s/sources.list\";\n"
			   "Dir::Etc::sourceparts \"/dev/null\";\n"
			   "Dir::Etc::preferences \"/dev/null\";\n"
			   "Dir::Etc::preferencesparts \"/dev/null\";\n";

void apt_package_free(AptPackage *package)
{
	if (!package)
		return;
	g_free(package->name);
	g_free(package->version);
	g_free(package->sha256);
	g_strfreev(package->depends);
	g_free(package);
}

void kernel_apt_free(KernelApt *apt)
{
	g_autofree char *cache = NULL;

	if (!apt)
		return;
	/* Made anew in a second, but 50 MB large. */
	cache = g_build_filename(apt->dir, "pkgcache.bin", NULL);
	g_unlink(cache);
	g_free(apt->dir);
	g_free(apt->conf);
	g_free(apt->sources);
	g_free(apt->suite);
	g_free(apt->list);
	g_free(apt->list_no_security);
	g_free(apt);
}

/* The option that names the keyrings of the source at "FILE:N", or "": the trusted ones. */
static char *signed_by(const char *entry)
{
	const char *colon = strrchr(entry, ':');
	g_autofree char *path = g_strndup(entry, colon ? (gsize)(colon - entry) : strlen(entry));
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GString) option = g_string_new(" signed-by=");
	g_autofree char *text = NULL;
	g_auto(GStrv) words = NULL;
	gsize bare = option->len;

	if (!g_file_get_contents(path, &text, NULL, NULL) || !strcasestr(text, "signed-by"))
		return g_strdup("");
	words = g_strsplit_set(text, " \t\n,=[]", -1);
	for (guint i = 0; words[i]; i++)
		if ((g_str_has_prefix(words[i], "/") && g_hash_table_add(seen, words[i])) &&
		    g_file_test(words[i], G_FILE_TEST_IS_REGULAR))
			g_string_append_printf(option, "%s%s", option->len > bare ? "," : "",
					       words[i]);
	for (guint i = 0; i < 2; i++) {
		const char *keyring = i ? DEBIAN_KEYRING ".gpg" : DEBIAN_KEYRING ".pgp";

		if (!g_hash_table_contains(seen, keyring) &&
		    g_file_test(keyring, G_FILE_TEST_EXISTS))
			g_string_append_printf(option, "%s%s", option->len > bare ? "," : "",
					       keyring);
	}
	return g_strdup(option->len > bare ? option->str : "");
}

static char *source_line(char **target, const char *suite, const Arch *arch)
{
	g_autofree char *keys = signed_by(target[F_ENTRY]);

	return g_strdup_printf("deb [arch=%s lang=none target=Packages%s] %s %s main\n",
			       arch->debian, keys, target[F_URI], suite);
}

/* Suites that have no security suite of their own beside them. */
static gboolean is_rolling(const char *suite)
{
	return strchr(suite, '-') || strcmp(suite, "sid") == 0 || strcmp(suite, "unstable") == 0 ||
	       strcmp(suite, "experimental") == 0;
}

char *kernel_apt_sources(const char *targets, const char *codename, const char *suite,
			 const Arch *arch, gboolean security)
{
	g_auto(GStrv) lines = g_strsplit(targets, "\n", -1);
	g_autofree char *main_line = NULL;
	g_autofree char *security_line = NULL;

	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) target = g_strsplit(lines[i], "\t", -1);

		if (g_strv_length(target) != F_COUNT || strcmp(target[F_COMPONENT], "main") != 0 ||
		    strcmp(target[F_IDENTIFIER], "Packages") != 0)
			continue;
		if (!main_line && (strcmp(target[F_RELEASE], codename) == 0 ||
				   strcmp(target[F_CODENAME], codename) == 0))
			main_line = source_line(target, suite, arch);
		if (!security_line && g_str_has_suffix(target[F_RELEASE], "-security")) {
			g_autofree char *name = g_strdup_printf("%s-security", suite);

			security_line = source_line(target, name, arch);
		}
	}
	if (!main_line)
		return NULL;
	security = security && security_line && !is_rolling(suite);
	return g_strconcat(main_line, security ? security_line : NULL, NULL);
}

static gboolean write_file(const char *path, const char *text, GError **error)
{
	g_autoptr(GError) why = NULL;

	if (g_file_set_contents(path, text, -1, &why))
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "cannot write %s: %s", path,
		    why->message);
	return FALSE;
}

static gboolean make_dirs(KernelApt *apt, GError **error)
{
	g_autofree char *lists = g_build_filename(apt->dir, "lists", "partial", NULL);
	g_autofree char *archives = g_build_filename(apt->dir, "archives", "partial", NULL);
	g_autofree char *status = g_build_filename(apt->dir, "status", NULL);
	g_autofree char *conf = g_strdup_printf(CONF, apt->dir, apt->arch->debian);

	return kernel_mkdir(lists, error) && kernel_mkdir(archives, error) &&
	       write_file(status, "", error) && write_file(apt->conf, conf, error);
}

static gboolean read_machine_sources(KernelApt *apt, const char *codename, GError **error)
{
	const char *const argv[] = {"apt-get", "indextargets", "--format", KERNEL_APT_TARGET_FORMAT,
				    NULL};
	g_autofree char *targets = NULL;

	if (!kernel_job_run(apt->job, argv, NULL, QUERY_DEADLINE_S, &targets, error))
		return FALSE;
	apt->list = kernel_apt_sources(targets, codename, apt->suite, apt->arch, TRUE);
	apt->list_no_security = kernel_apt_sources(targets, codename, apt->suite, apt->arch, FALSE);
	if (g_strcmp0(apt->list, apt->list_no_security) == 0)
		g_clear_pointer(&apt->list_no_security, g_free);
	if (apt->list)
		return TRUE;
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "apt knows no mirror of %s (main): run `sudo apt-get update`, look at "
		    "/etc/apt/sources.list, or pass --kernel PATH",
		    codename);
	return FALSE;
}

KernelApt *kernel_apt_new(KernelJob *job, const char *dir, const char *codename, const char *suite,
			  const Arch *arch, GError **error)
{
	g_autoptr(KernelApt) apt = NULL;
	g_autofree char *apt_get = g_find_program_in_path("apt-get");

	if (!apt_get) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "no apt-get here: only a Debian machine can fetch Debian's kernels; "
			    "pass --kernel PATH [--modules DIR] or --kernel host");
		return NULL;
	}
	apt = g_new0(KernelApt, 1);
	apt->job = job;
	apt->dir = g_strdup(dir);
	apt->suite = g_strdup(suite);
	apt->arch = arch;
	apt->conf = g_build_filename(dir, "apt.conf", NULL);
	apt->sources = g_build_filename(dir, "sources.list", NULL);
	if (!make_dirs(apt, error) || !read_machine_sources(apt, codename, error))
		return NULL;
	return g_steal_pointer(&apt);
}

static gboolean update_with(KernelApt *apt, const char *list, GError **error)
{
	const char *const argv[] = {"apt-get", "-c", apt->conf, "-qq", "update", NULL};

	return write_file(apt->sources, list, error) &&
	       kernel_job_run(apt->job, argv, NULL, UPDATE_DEADLINE_S, NULL, error);
}

gboolean kernel_apt_update(KernelApt *apt, GError **error)
{
	g_autoptr(GError) why = NULL;
	g_autofree char *security = g_strdup_printf("%s-security", apt->suite);

	if (update_with(apt, apt->list, &why))
		return TRUE;
	/* Not every suite has a security suite; one that cannot be reached is an error. */
	if (apt->list_no_security && strstr(why->message, security) &&
	    strstr(why->message, "does not have a Release file")) {
		g_clear_error(&why);
		if (update_with(apt, apt->list_no_security, &why))
			return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&why));
	return FALSE;
}

/* "a (= 1) | b, c" -> a, c */
static char **parse_depends(const char *text)
{
	g_auto(GStrv) all = g_strsplit(text, ",", -1);
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();

	for (guint i = 0; all[i]; i++) {
		char *name = g_strstrip(all[i]);

		name[strcspn(name, " (|:")] = '\0';
		g_strv_builder_add(names, name);
	}
	return g_strv_builder_end(names);
}

AptPackage *kernel_apt_show(KernelApt *apt, const char *name, GError **error)
{
	const char *const argv[] = {"apt-cache",	 "-c", apt->conf, "show",
				    "--no-all-versions", name, NULL};
	AptPackage *package;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!kernel_job_run(apt->job, argv, NULL, QUERY_DEADLINE_S, &text, error)) {
		g_prefix_error(error, "%s of suite %s: ", name, apt->suite);
		return NULL;
	}
	package = g_new0(AptPackage, 1);
	package->name = g_strdup(name);
	lines = g_strsplit(text, "\n", -1);
	/* One paragraph; continuation lines begin with a space. */
	for (guint i = 0; lines[i] && *lines[i]; i++) {
		const char *colon = strstr(lines[i], ": ");
		const char *value = colon ? colon + 2 : "";

		if (g_str_has_prefix(lines[i], "Version: ") && !package->version)
			package->version = g_strdup(value);
		else if (g_str_has_prefix(lines[i], "SHA256: ") && !package->sha256)
			package->sha256 = g_strdup(value);
		else if (g_str_has_prefix(lines[i], "Size: "))
			package->size_bytes = g_ascii_strtoull(value, NULL, 10);
		else if (g_str_has_prefix(lines[i], "Depends: ") && !package->depends)
			package->depends = parse_depends(value);
	}
	if (!package->depends)
		package->depends = g_new0(char *, 1);
	if (package->version && package->sha256)
		return package;
	apt_package_free(package);
	g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
		    "%s of suite %s is not on the mirror (any more)", name, apt->suite);
	return NULL;
}

char **kernel_apt_names(KernelApt *apt, const char *prefix, GError **error)
{
	const char *const argv[] = {"apt-cache", "-c", apt->conf, "pkgnames", prefix, NULL};
	g_autofree char *text = NULL;

	if (!kernel_job_run(apt->job, argv, NULL, QUERY_DEADLINE_S, &text, error))
		return NULL;
	return g_strsplit(text, "\n", -1);
}

gboolean kernel_apt_download(KernelApt *apt, const GPtrArray *packages, const char *into,
			     GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("apt-get"));
	g_ptr_array_add(argv, g_strdup("-c"));
	g_ptr_array_add(argv, g_strdup(apt->conf));
	g_ptr_array_add(argv, g_strdup("-qq"));
	g_ptr_array_add(argv, g_strdup("download"));
	for (guint i = 0; i < packages->len; i++) {
		const AptPackage *package = g_ptr_array_index(packages, i);

		g_ptr_array_add(argv, g_strdup_printf("%s=%s", package->name, package->version));
	}
	g_ptr_array_add(argv, NULL);
	return kernel_job_run(apt->job, (const char *const *)argv->pdata, into, DOWNLOAD_DEADLINE_S,
			      NULL, error);
}
