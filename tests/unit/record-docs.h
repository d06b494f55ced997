/* SPDX-License-Identifier: GPL-2.0-or-later */
/* docs/json-schema.json and docs/json-schema.md, as the tables of fields have them. */
#ifndef PFNHUNT_TEST_RECORD_DOCS_H
#define PFNHUNT_TEST_RECORD_DOCS_H

#include "harness/report/records.h"

/* The two files in $PFNHUNT_DOCS are what the tables say; UPDATE_GOLDEN=1 rewrites them. */
void record_docs_check(void);
/* Whether the schema requires the member. */
gboolean record_is_required(const Field *f);

#endif
