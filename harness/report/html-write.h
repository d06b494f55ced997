/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How all parts of the HTML report write: markup, escaped text, numbers. */
#ifndef PFNHUNT_REPORT_HTML_WRITE_H
#define PFNHUNT_REPORT_HTML_WRITE_H

#include <glib.h>

/* printf of trusted markup; %s arguments are escaped unless made by this project's code. */
void html_raw(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* <@tag>@text</@tag> with the text escaped; @tag may have attributes. */
void html_element(GString *out, const char *tag, const char *text);
/* A fixed-point number in the C locale, for markup. Lives until the next 8 calls. */
const char *html_number(double value);

#endif
