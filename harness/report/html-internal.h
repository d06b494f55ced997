/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the parts of the HTML report and by nothing else. */
#ifndef PFNHUNT_REPORT_HTML_INTERNAL_H
#define PFNHUNT_REPORT_HTML_INTERNAL_H

#include "harness/results/model.h"

extern const char report_html_style[], report_html_script[];

/* printf of trusted markup; %s arguments are escaped unless made by this project's code. */
void html_raw(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* <@tag>@text</@tag> with the text escaped; @tag may have attributes. */
void html_element(GString *out, const char *tag, const char *text);
/* A fixed-point number in the C locale, for markup. Lives until the next 8 calls. */
const char *html_number(double value);

/* A boot's lanes over time; @id is unique in the page. Nothing when the boot has no events. */
void html_timeline(GString *out, const RBoot *boot, const char *id);
/* The hunt's walkers against windows, with what follows; what counted, and how much was open. */
void html_exposure(GString *out, const RHunt *hunt, guint hunt_number);
/* Kaplan-Meier's curve of the hunt; nothing below two boots or without a hit. */
void html_survival(GString *out, const RHunt *hunt);

#endif
