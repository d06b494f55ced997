/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small matcher for the lines that a kernel prints: a printf format read backwards. It never
 * backtracks, so it is linear in the line whatever the line says.
 *
 *   %d  decimal number          %x  hexadecimal number, 0x or not
 *   %c  CPU number              %p  PID
 *   %t  task's comm             %f  source file, a condition in brackets before it
 *   %l  source line             %y  symbol: [<addr>] func+0x1/0x2 [module]
 *   %w  capture, up to the next literal or the end
 *   %*  anything, up to the next literal or the end
 *   %_  blanks, or none         %%  a percent sign
 */
#ifndef PFNHUNT_SPLAT_MATCH_H
#define PFNHUNT_SPLAT_MATCH_H

#include <string.h>
#include <glib.h>

typedef struct {
	const char *s;
	gsize len;
} SplatText;

#define SPLAT_MATCH_WORDS 3

/* What a pattern picked out of a line; texts point into that line. */
typedef struct {
	int cpu, pid; /* -1 when not said */
	guint file_line;
	SplatText task, file, condition, symbol;
	SplatText word[SPLAT_MATCH_WORDS];
	guint words;
	const char *end; /* where the pattern ended */
	gboolean prose;	 /* the line reads like a sentence about it; announce.c */
} SplatMatch;

/* TRUE when @pattern matches from @s on; what follows the pattern's end does not matter. */
gboolean splat_match(const char *pattern, const char *s, const char *end, SplatMatch *match);

/* The line that @match is of was copied from @from to @to: its texts go along. */
void splat_match_move(SplatMatch *match, const char *from, const char *to);

/*
 * Reads a symbol "[<addr>] ? func+0x1/0x2 [module]" at @s. Returns its end, or NULL. @name gets
 * the bare function, without offset. With @offset a symbol without "+0x" is none, unless it was
 * decoded: "func (mm/file.c:77)".
 */
const char *splat_match_symbol(const char *s, const char *end, gboolean offset, SplatText *name);

/* TRUE when @s goes on like "mm/file.c:77" or "(mm/file.c:77 ...", as symbolizers write. */
gboolean splat_source_follows(const char *s, const char *end);

/* TRUE for something like "net/core/dev.c". */
gboolean splat_is_source_file(SplatText text);

/* Characters of a C symbol, as compilers write them. */
extern const guint8 splat_symbol_chars[256];

static inline gboolean splat_is_symbol_char(char c)
{
	return splat_symbol_chars[(guchar)c];
}

static inline gboolean splat_text_is(SplatText text, const char *literal)
{
	return strlen(literal) == text.len && memcmp(text.s, literal, text.len) == 0;
}

static inline gboolean splat_starts(const char *s, const char *end, const char *literal)
{
	gsize len = strlen(literal);

	return (gsize)(end - s) >= len && memcmp(s, literal, len) == 0;
}

static inline const char *splat_find(const char *s, const char *end, const char *literal)
{
	return memmem(s, (gsize)(end - s), literal, strlen(literal));
}

#endif
