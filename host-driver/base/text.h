/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gate for text that comes from a guest, from QEMU or out of a log: any of them may send any
 * bytes. What has passed may be printed to a terminal, written as JSON and compared.
 */
#ifndef PFNHUNT_TEXT_H
#define PFNHUNT_TEXT_H

#include <glib.h>

/* Of one text; what is longer is cut. */
#define TEXT_MAX_BYTES (64 << 10)
/* Of one in a record: a hunt may have thousands of boots. */
#define TEXT_RECORD_MAX_BYTES (4 << 10)

/*
 * Makes @text valid UTF-8 on one line, in place, and never longer: a byte that belongs to no
 * character, a control character, and a character that is not seen but changes how the others
 * are (directions, joiners, tags) each become '?'. Returns @text.
 */
char *text_clean(char *text);
/* The same from the first TEXT_MAX_BYTES of @text, which stays as it is. (transfer full) */
char *text_clean_copy(const char *text);
/* No more than the first @max_bytes of @text, in whole characters; NULL of NULL. (transfer full) */
char *text_cut(const char *text, gsize max_bytes);
/* Whether text_clean() leaves it as it is. */
gboolean text_is_shown(gunichar c);
/* A text of a record: cleaned, no longer than TEXT_RECORD_MAX_BYTES; NULL of NULL. (transfer full) */
char *text_copy(const char *text);

#endif
