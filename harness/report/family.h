/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What it means that nothing of a family fired: something only where the family's windows opened
 * and a walker was seen in them, boot by boot.
 */
#ifndef PFNHUNT_REPORT_FAMILY_H
#define PFNHUNT_REPORT_FAMILY_H

#include "harness/results/model.h"

/*
 * NULL when it means something, and then *@by says how that is known if it is not by visits (static,
 * or NULL). Else why it means nothing: one line, (transfer full).
 */
char *report_family_unexposed(const RHunt *hunt, const char *family, const char **by);

#endif
