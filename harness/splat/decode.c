/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames to source lines through elfutils' libdwfl. A log that names a build id must name that
 * of the file; one that does not is believed as far as the sizes of its functions agree.
 */
#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <string.h>

#include "harness/splat/decode.h"
#include "harness/splat/match.h"
#include "host-driver/base/error.h"

#define DEPTH_MAX 8 /* folders below modules_dir */

typedef struct {
	GElf_Addr address;
	GElf_Word size;
} Symbol;

/* An ELF file: the kernel or a module. */
typedef struct {
	Dwfl *dwfl;
	Dwfl_Module *module;
	GHashTable *symbols; /* name to Symbol */
	char *build_id;
} Image;

struct Decoder {
	Image *kernel;
	char *modules_dir;
	GHashTable *modules; /* name to Image, or to NULL when there is none */
};

static void image_free(gpointer data)
{
	Image *image = data;

	if (!image)
		return;
	if (image->symbols)
		g_hash_table_unref(image->symbols);
	if (image->dwfl)
		dwfl_end(image->dwfl);
	g_free(image->build_id);
	g_free(image);
}

static void read_symbols(Image *image)
{
	int n = dwfl_module_getsymtab(image->module);

	image->symbols = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (int i = 1; i < n; i++) {
		GElf_Sym sym;
		GElf_Addr address;
		const char *name =
			dwfl_module_getsym_info(image->module, i, &sym, &address, NULL, NULL, NULL);
		Symbol *symbol;

		if (!name || GELF_ST_TYPE(sym.st_info) != STT_FUNC)
			continue;
		symbol = g_new(Symbol, 1);
		*symbol = (Symbol){address, (GElf_Word)sym.st_size};
		g_hash_table_insert(image->symbols, g_strdup(name), symbol);
	}
}

static void read_build_id(Image *image)
{
	const unsigned char *bits;
	GElf_Addr address;
	int n = dwfl_module_build_id(image->module, &bits, &address);
	GString *hex = g_string_new(NULL);

	for (int i = 0; i < n; i++)
		g_string_append_printf(hex, "%02x", bits[i]);
	image->build_id = g_string_free(hex, n <= 0);
}

static Image *image_open(const char *path)
{
	static const Dwfl_Callbacks callbacks = {
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	Image *image = g_new0(Image, 1);

	image->dwfl = dwfl_begin(&callbacks);
	if (image->dwfl)
		image->module = dwfl_report_offline(image->dwfl, "", path, -1);
	if (!image->module || dwfl_report_end(image->dwfl, NULL, NULL) != 0) {
		image_free(image);
		return NULL;
	}
	read_symbols(image);
	read_build_id(image);
	return image;
}

Decoder *decoder_new(const char *vmlinux, const char *modules_dir, GError **error)
{
	Image *kernel = image_open(vmlinux);
	Decoder *decoder;

	if (!kernel) {
		g_set_error(error, PFNHUNT_ERROR, PFNHUNT_ERROR_USAGE,
			    "%s: no ELF file that can be read", vmlinux);
		return NULL;
	}
	decoder = g_new0(Decoder, 1);
	decoder->kernel = kernel;
	decoder->modules_dir = g_strdup(modules_dir);
	decoder->modules = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, image_free);
	return decoder;
}

void decoder_free(Decoder *decoder)
{
	if (!decoder)
		return;
	image_free(decoder->kernel);
	g_hash_table_unref(decoder->modules);
	g_free(decoder->modules_dir);
	g_free(decoder);
}

const char *decoder_build_id(const Decoder *decoder)
{
	return decoder->kernel->build_id;
}

/* TRUE when @file is the module @name's: "virtio-mem.ko.debug" for "virtio_mem". */
static gboolean is_module_file(const char *file, const char *name)
{
	gsize len = strlen(name);

	for (gsize i = 0; i < len; i++)
		if (file[i] != name[i] && !(file[i] == '-' && name[i] == '_'))
			return FALSE;
	return strncmp(file + len, ".ko", 3) == 0;
}

static char *find_module(const char *dir_name, const char *name, guint depth)
{
	g_autoptr(GDir) dir = g_dir_open(dir_name, 0, NULL);
	const char *entry;

	while (dir && (entry = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(dir_name, entry, NULL);
		char *found;

		if (is_module_file(entry, name))
			return g_steal_pointer(&path);
		if (depth == 0 || g_file_test(path, G_FILE_TEST_IS_SYMLINK) ||
		    !g_file_test(path, G_FILE_TEST_IS_DIR))
			continue;
		found = find_module(path, name, depth - 1);
		if (found)
			return found;
	}
	return NULL;
}

static Image *get_module(Decoder *decoder, const char *name)
{
	gpointer image = NULL;
	g_autofree char *path = NULL;

	if (g_hash_table_lookup_extended(decoder->modules, name, NULL, &image))
		return image;
	if (decoder->modules_dir)
		path = find_module(decoder->modules_dir, name, DEPTH_MAX);
	if (path)
		image = image_open(path);
	g_hash_table_insert(decoder->modules, g_strdup(name), image);
	return image;
}

static void append_place(GString *out, const char *name, const char *file, int line)
{
	g_string_append(out, name);
	if (file)
		g_string_append_printf(out, " at %s:%d", file, line);
}

/* The compilation unit of @address. clang writes no table of address ranges: then all are asked. */
static Dwarf_Die *unit_of(const Image *image, Dwarf_Addr address, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = dwfl_module_addrdie(image->module, address, bias);

	while (!unit || dwarf_haspc(unit, address - *bias) != 1) {
		unit = dwfl_module_nextcu(image->module, unit, bias);
		if (!unit)
			return NULL;
	}
	return unit;
}

/* The functions that were inlined at @address, innermost first, then @name itself. */
static char *describe(const Image *image, const char *name, Dwarf_Addr address)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = unit_of(image, address, &bias), *scopes = NULL;
	Dwarf_Line *source = unit ? dwarf_getsrc_die(unit, address - bias) : NULL;
	GString *out = g_string_new(NULL);
	int line = 0, n;
	const char *file = source ? dwarf_linesrc(source, NULL, NULL) : NULL;
	Dwarf_Files *files = NULL;

	if (source)
		dwarf_lineno(source, &line);
	n = unit ? dwarf_getscopes(unit, address - bias, &scopes) : 0;
	if (unit)
		dwarf_getsrcfiles(unit, &files, NULL);
	for (int i = 0; i < n; i++) {
		Dwarf_Attribute attribute;
		Dwarf_Word value;

		if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
			continue;
		append_place(out, dwarf_diename(&scopes[i]) ?: "?", file, line);
		g_string_append(out, " (inlined)\n");
		if (dwarf_attr(&scopes[i], DW_AT_call_file, &attribute) &&
		    dwarf_formudata(&attribute, &value) == 0 && files)
			file = dwarf_filesrc(files, value, NULL, NULL);
		if (dwarf_attr(&scopes[i], DW_AT_call_line, &attribute) &&
		    dwarf_formudata(&attribute, &value) == 0)
			line = (int)value;
	}
	free(scopes);
	append_place(out, name, file, line);
	return g_string_free(out, FALSE);
}

typedef struct {
	char *name, *module; /* module: NULL for the kernel */
	guint64 offset, size;
} Frame;

static void frame_clear(Frame *frame)
{
	g_free(frame->name);
	g_free(frame->module);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Frame, frame_clear)

/* "func+0x1/0x2 [module]"; a build id may stand behind the module's name. */
static gboolean read_frame(const char *text, Frame *frame)
{
	const char *plus = strstr(text, "+0x"), *open = strchr(text, '[');
	char *end;

	memset(frame, 0, sizeof(*frame));
	if (!plus)
		return FALSE;
	frame->name = g_strndup(text, (gsize)(plus - text));
	frame->offset = g_ascii_strtoull(plus + 3, &end, 16);
	if (*end == '/')
		frame->size = g_ascii_strtoull(end + 1, NULL, 16);
	if (open)
		frame->module = g_strndup(open + 1, strcspn(open + 1, " ]"));
	return TRUE;
}

/* NULL when nothing is known; @other: set when the file is of another build. */
static char *decode_frame(Decoder *decoder, const char *text, gboolean call, gboolean *other)
{
	g_auto(Frame) frame = {0};
	const Image *image = decoder->kernel;
	const Symbol *symbol;
	g_autofree char *place = NULL;

	if (!read_frame(text, &frame))
		return NULL;
	if (frame.module)
		image = get_module(decoder, frame.module);
	symbol = image ? g_hash_table_lookup(image->symbols, frame.name) : NULL;
	if (!symbol)
		return NULL;
	if (frame.offset > symbol->size || (frame.size && symbol->size > frame.size) ||
	    frame.size > symbol->size + 64) { /* the kernel counts padding */
		*other = TRUE;
		return NULL;
	}
	/* a return address is behind the call, perhaps in the next line's code */
	place = describe(image, text, symbol->address + frame.offset - (call && frame.offset));
	return g_steal_pointer(&place);
}

/* The build id that the report's CPU line ends in, or NULL. */
static char *said_build_id(const Splat *splat)
{
	const char *s = splat->text->str;

	while ((s = strstr(s, "CPU: "))) {
		gsize len = strcspn(s, "\n"), n = 0;

		while (len && s[len - 1] == ' ')
			len--;
		while (n < len && g_ascii_isxdigit(s[len - n - 1]))
			n++;
		if (n == 40)
			return g_strndup(s + len - n, n);
		s += len;
	}
	return NULL;
}

GPtrArray *decoder_splat(Decoder *decoder, const Splat *splat, char **why)
{
	GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *build_id = said_build_id(splat);
	gboolean other = build_id && g_strcmp0(build_id, decoder->kernel->build_id) != 0;
	gboolean skip = other;

	for (guint i = 0; i < splat->frames->len; i++) {
		const char *text = g_ptr_array_index(splat->frames, i);
		char *decoded = skip ? NULL : decode_frame(decoder, text, i > 0, &other);

		g_ptr_array_add(out, decoded ? decoded : g_strdup(text));
	}
	if (!other)
		return out;
	*why = build_id && skip
		       ? g_strdup_printf("the log's kernel has build id %s, the file %s", build_id,
					 decoder->kernel->build_id ?: "none")
		       : g_strdup("the file is of another build: sizes of functions differ");
	return out;
}
