/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What many hunts found, as one table: families of the race by kernel, a group of rows for each
 * scenario. Holds numbers only; who runs the hunts feeds it boot by boot.
 */
#ifndef PFNHUNT_MATRIX_H
#define PFNHUNT_MATRIX_H

#include "harness/hunt/hunt.h"

typedef struct Matrix Matrix;

/* @kernels and @scenarios: the columns and rows as the user named them, NULL-terminated. */
Matrix *matrix_new(const char *const *kernels, const char *const *scenarios);
void matrix_free(Matrix *matrix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Matrix, matrix_free)

/* A boot that counts. Retried artefacts are not for here. */
void matrix_add(Matrix *matrix, guint kernel, guint scenario, const BootResult *result);
/* The cell could not be run: one line that says why. */
void matrix_fail(Matrix *matrix, guint kernel, guint scenario, const char *why);

/*
 * The table, with what failed below it. A field is HITS/BOOTS, of exposed boots, and the median time
 * to the family's hit as a first one (Kaplan-Meier), if half of the boots came to it; where nothing
 * fired, "clean" with the bound that follows at 95 % and the exposure behind it; then the boots that
 * are no trials, by verdict; "-" where nothing was run (any more). For a terminal, or as Markdown.
 * (transfer full)
 */
char *matrix_text(const Matrix *matrix, gboolean markdown);

#endif
