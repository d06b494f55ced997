/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See html-write.h. */
#include "harness/report/html-write.h"
#include "harness/report/formats.h"

#include <string.h>

void html_raw(GString *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_string_append_vprintf(out, format, ap);
	va_end(ap);
}

void html_element(GString *out, const char *tag, const char *text)
{
	g_auto(GStrv) words = g_strsplit(tag, " ", 2);

	html_raw(out, "<%s>", tag);
	report_escape(out, text);
	html_raw(out, "</%s>", words[0]);
}

const char *html_number(double value)
{
	static char texts[8][G_ASCII_DTOSTR_BUF_SIZE];
	static guint next;
	char *text = texts[next++ % G_N_ELEMENTS(texts)];

	g_ascii_formatd(text, sizeof(texts[0]), "%.2f", value);
	if (g_str_has_suffix(text, ".00"))
		text[strlen(text) - 3] = '\0';
	return text;
}
