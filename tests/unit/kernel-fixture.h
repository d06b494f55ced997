/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small kernels, packages and folders made up for the kernel tests: real enough for the
 * parsers, of no use to a machine.
 */
#ifndef PFNHUNT_TESTS_KERNEL_FIXTURE_H
#define PFNHUNT_TESTS_KERNEL_FIXTURE_H

#include <glib.h>

#define FIX_RELEASE  "6.1.0-99-amd64"
#define FIX_BUILD_ID "000102030405060708090a0b0c0d0e0f10111213"

typedef enum { FIX_PVH = 1, FIX_BUILD_ID_NOTE = 2, FIX_32BIT = 4, FIX_NO_RELEASE = 8 } FixFlags;

/* An ELF with notes and the banner of FIX_RELEASE. */
GByteArray *fix_vmlinux(FixFlags flags);
/* The bytes of @data through libarchive's @filter ("xz", "gzip", ...), or "lz4-legacy". */
GByteArray *fix_compress(const GByteArray *data, const char *filter);
/* A bzImage of boot protocol 2.15 with @payload and the size of @vmlinux behind it. */
GByteArray *fix_bzimage(const GByteArray *payload, guint32 unpacked_size, FixFlags flags);
/* An Image of arm64, with the banner of FIX_RELEASE_ARM64. */
#define FIX_RELEASE_ARM64 "6.1.0-99-arm64"
GByteArray *fix_image(void);
/* The common case: fix_vmlinux(@flags), compressed with xz, in a bzImage. */
GByteArray *fix_kernel(FixFlags flags);

/* One file of a package; @text NULL makes a symbolic link to @link. */
typedef struct {
	const char *name;
	const void *data;
	gssize len; /* -1: strlen */
	const char *link;
} FixFile;
/* Writes a .deb with @files (ended by a NULL name) to @path. */
void fix_deb(const char *path, const FixFile *files);

/* A new folder in the temp folder, (transfer full); removed by fix_remove(). */
char *fix_dir(void);
void fix_remove(char *dir);
/* Writes @dir/@name with parents; @text may be bytes. Returns the path, (transfer full). */
char *fix_write(const char *dir, const char *name, const void *data, gssize len);
/* The same for a shell script that may be run. */
void fix_script(const char *dir, const char *name, const char *text);
/* Asserts that @error is PFNHUNT_ERROR @code, one line, and holds @words; clears it. */
void fix_check_error(GError **error, int code, const char *words);

#endif
