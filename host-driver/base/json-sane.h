/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is to be known of JSON of others before it is parsed. */
#ifndef PFNHUNT_JSON_SANE_H
#define PFNHUNT_JSON_SANE_H

#include <glib.h>

/*
 * Whether text is one object or array and nothing else: json-glib 1.10 aborts at a second value when
 * it builds an immutable tree. Whether its brackets nest at most 64 deep (those in strings do not
 * count): json-glib 1.6 recurses without a limit of its own. And whether there are at most 200,000
 * values: one of three bytes takes hundreds in memory. json-glib would take comments too, which could
 * hide brackets from this, and which neither QMP nor a results folder has: they are not sane either.
 */
gboolean json_is_sane(const char *text);

#endif
