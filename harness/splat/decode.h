/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames to source lines, when the user has the kernel's debug information: "func+0x1/0x2" to
 * "func at file:line", functions that were inlined there first.
 */
#ifndef PFNHUNT_DECODE_H
#define PFNHUNT_DECODE_H

#include "harness/splat/splat.h"

typedef struct Decoder Decoder;

/*
 * @vmlinux: an ELF file with symbols and DWARF. @modules_dir: a folder with NAME.ko or
 * NAME.ko.debug somewhere below, or NULL. NULL with @error (PFNHUNT_ERROR_USAGE) when @vmlinux
 * cannot be read.
 */
Decoder *decoder_new(const char *vmlinux, const char *modules_dir, GError **error);
void decoder_free(Decoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoder, decoder_free)

/*
 * The frames of @splat, an array of char * (transfer full) as long as splat->frames: decoded,
 * with a line for each inlined function before the frame's own, or as they were. @why is set
 * (transfer full) when frames were left as they were because the files are of another build.
 */
GPtrArray *decoder_splat(Decoder *decoder, const Splat *splat, char **why);

/* The build id of @vmlinux in hexadecimal, or NULL. */
const char *decoder_build_id(const Decoder *decoder);

#endif
