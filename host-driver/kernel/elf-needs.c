/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See elf-needs.h. libelf reads the dynamic section; the search follows ld.so(8). */
#include "host-driver/kernel/elf-needs.h"

#include <fcntl.h>
#include <gelf.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "host-driver/base/error.h"
#include "host-driver/vm/arch.h"

#define CONF_FILE  "/etc/ld.so.conf"
#define CONF_DEPTH 4

/* %s: Debian's folder of this architecture. */
static const char *const default_dirs[] = {"/lib/%s", "/usr/lib/%s", "/lib64", "/usr/lib64",
					   "/lib",    "/usr/lib",    NULL};

/* What one ELF file says of itself. */
typedef struct {
	char *interp;	   /* or NULL */
	GPtrArray *needed; /* of char *: sonames */
	char **run_path;   /* folders, $ORIGIN replaced, or NULL */
} ElfFile;

static void elf_file_clear(ElfFile *file)
{
	g_free(file->interp);
	g_clear_pointer(&file->needed, g_ptr_array_unref);
	g_strfreev(file->run_path);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ElfFile, elf_file_clear)

static char **parse_run_path(const char *text, const char *file)
{
	g_autofree char *origin = g_path_get_dirname(file);
	g_autoptr(GString) all = g_string_new(text);

	g_string_replace(all, "${ORIGIN}", origin, 0);
	g_string_replace(all, "$ORIGIN", origin, 0);
	return g_strsplit(all->str, ":", -1);
}

static void read_dynamic(Elf *elf, const char *path, ElfFile *file)
{
	Elf_Scn *section = NULL;
	const char *text;
	GElf_Shdr header;
	GElf_Dyn dyn;

	while ((section = elf_nextscn(elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
			if (dyn.d_tag != DT_NEEDED && dyn.d_tag != DT_RUNPATH &&
			    dyn.d_tag != DT_RPATH)
				continue;
			text = elf_strptr(elf, header.sh_link, dyn.d_un.d_val);
			if (!text || !*text)
				continue;
			if (dyn.d_tag == DT_NEEDED)
				g_ptr_array_add(file->needed, g_strdup(text));
			else if (dyn.d_tag == DT_RUNPATH || !file->run_path) {
				g_strfreev(file->run_path);
				file->run_path = parse_run_path(text, path);
			}
		}
	}
}

static void read_interp(Elf *elf, ElfFile *file)
{
	size_t count = 0, len = 0;
	const char *bytes = elf_rawfile(elf, &len);
	GElf_Phdr header;

	if (elf_getphdrnum(elf, &count))
		return;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_INTERP && bytes &&
		    header.p_offset < len && header.p_filesz <= len - header.p_offset)
			file->interp = g_strndup(bytes + header.p_offset, header.p_filesz);
}

static gboolean read_elf(const char *path, ElfFile *file, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = NULL;
	GElf_Ehdr header;
	gboolean ok = FALSE;

	elf_version(EV_CURRENT);
	file->needed = g_ptr_array_new_with_free_func(g_free);
	if (fd >= 0)
		elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	/* A linker script or a library of another machine is none of ours. */
	if (elf && elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &header) &&
	    arch_of_elf(header.e_machine) == arch_host()) {
		read_interp(elf, file);
		read_dynamic(elf, path, file);
		ok = TRUE;
	}
	if (elf)
		elf_end(elf);
	if (fd >= 0)
		close(fd);
	if (!ok)
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
			    "%s: not a program or library for %s", path, arch_host()->title);
	return ok;
}

/* The folders of ld.so.conf, with what it includes. */
static void read_conf(const char *path, GPtrArray *dirs, int depth)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (depth > CONF_DEPTH || !g_file_get_contents(path, &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		char *line;
		glob_t found;

		lines[i][strcspn(lines[i], "#")] = '\0';
		line = g_strstrip(lines[i]);
		if (line[0] == '/')
			g_ptr_array_add(dirs, g_strdup(line));
		if (!g_str_has_prefix(line, "include ") ||
		    glob(g_strstrip(line + strlen("include ")), 0, NULL, &found))
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			read_conf(found.gl_pathv[k], dirs, depth + 1);
		globfree(&found);
	}
}

/* The library in one of @dirs that is ELF for this machine, or NULL. */
static char *find_in(char *const *dirs, const char *name)
{
	for (guint i = 0; dirs && dirs[i]; i++) {
		g_autofree char *path = g_build_filename(dirs[i], name, NULL);
		g_auto(ElfFile) file = {0};

		if (access(path, R_OK) == 0 && read_elf(path, &file, NULL))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static char *find_library(const ElfFile *user, const char *name, const GPtrArray *conf_dirs)
{
	char *path;

	if (strchr(name, '/'))
		return access(name, R_OK) == 0 ? g_strdup(name) : NULL;
	path = find_in(user->run_path, name);
	if (!path)
		path = find_in((char *const *)conf_dirs->pdata, name);
	for (guint i = 0; default_dirs[i] && !path; i++) {
		g_autofree char *dir = g_strdup_printf(default_dirs[i], arch_host()->multiarch);

		path = find_in((char *const[]){dir, NULL}, name);
	}
	return path;
}

/* Adds what @path needs to @found; @names are the sonames that have been looked for. */
static gboolean add_needs(const char *path, const GPtrArray *conf_dirs, GHashTable *names,
			  GPtrArray *found, GError **error)
{
	g_auto(ElfFile) file = {0};

	if (!read_elf(path, &file, error))
		return FALSE;
	if (file.interp && found->len == 0) {
		g_autofree char *base = g_path_get_basename(file.interp);

		g_hash_table_add(names, g_steal_pointer(&base));
		g_ptr_array_add(found, g_steal_pointer(&file.interp));
	}
	for (guint i = 0; i < file.needed->len; i++) {
		const char *name = g_ptr_array_index(file.needed, i);
		char *library;

		if (!g_hash_table_add(names, g_strdup(name)))
			continue;
		library = find_library(&file, name, conf_dirs);
		if (!library) {
			g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA,
				    "%s needs %s, which is not on this machine", path, name);
			return FALSE;
		}
		g_ptr_array_add(found, library);
		if (!add_needs(library, conf_dirs, names, found, error))
			return FALSE;
	}
	return TRUE;
}

GPtrArray *elf_needs(const char *path, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) conf_dirs = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	read_conf(CONF_FILE, conf_dirs, 0);
	g_ptr_array_add(conf_dirs, NULL);
	if (!add_needs(path, conf_dirs, names, found, error))
		return NULL;
	return g_steal_pointer(&found);
}
