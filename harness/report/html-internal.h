/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the HTML report that html.c puts together. */
#ifndef PFNHUNT_REPORT_HTML_INTERNAL_H
#define PFNHUNT_REPORT_HTML_INTERNAL_H

#include "harness/results/model.h"

extern const char report_html_style[], report_html_script[];

/* A boot's lanes over time; @id is unique in the page. Nothing when the boot has no events. */
void html_timeline(GString *out, const RBoot *boot, const char *id);
/* The hunt's walkers against windows, with what follows; what counted, and how much was open. */
void html_exposure(GString *out, const RHunt *hunt, guint hunt_number);
/* Kaplan-Meier's curve of the hunt; nothing below two boots or without a hit. */
void html_survival(GString *out, const RHunt *hunt);

#endif
