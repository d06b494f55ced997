/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of carriers.h that are dates of any kind and what log daemons write behind them. */
#ifndef PFNHUNT_SPLAT_STAMPS_H
#define PFNHUNT_SPLAT_STAMPS_H

#include "harness/splat/line.h"

/* Each as SplatCarrier.strip. */
gboolean splat_strip_delta(SplatLine *line);
gboolean splat_strip_bracket_date(SplatLine *line);
gboolean splat_strip_tag(SplatLine *line);
gboolean splat_strip_unix(SplatLine *line);
gboolean splat_strip_iso_date(SplatLine *line);
gboolean splat_strip_date(SplatLine *line);
gboolean splat_strip_clock(SplatLine *line);

#endif
