/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of many hunts: rates, medians, and that nothing looks clean that is not. */
#include "harness/campaign/matrix.h"

#include <string.h>

static const char *const kernels[] = {"6.1", "7.3", NULL};
static const char *const scenarios[] = {"cancel", "control", NULL};

/* A boot in which @family (NULL: none) fired first, @after_s after the start. */
static void add(Matrix *m, guint kernel, guint scenario, Verdict verdict, const char *family,
		double after_s)
{
	g_autoptr(GPtrArray) families = g_ptr_array_new();
	BootResult r = {.verdict = verdict, .offlines = 100, .run_s = 10, .families = families};

	r.hit.after_go_s = r.hit.after_hello_s = after_s;
	if (family) {
		r.hit.any = TRUE;
		r.hit.family = (char *)family;
		g_ptr_array_add(families, (char *)family);
	}
	matrix_add(m, kernel, scenario, &r);
}

static void assert_text(const Matrix *m, const char *wanted)
{
	g_autofree char *text = matrix_text(m, FALSE);

	g_assert_cmpstr(text, ==, wanted);
}

static void test_empty(void)
{
	g_autoptr(Matrix) m = matrix_new(kernels, scenarios);

	assert_text(m, "scenario  family  6.1  7.3\n"
		       "cancel    none    -    -\n"
		       "control   none    -    -\n");
}

static void test_table(void)
{
	g_autoptr(Matrix) m = matrix_new(kernels, scenarios);

	add(m, 0, 0, VERDICT_INCIDENT, "fake-offline", 0.5);
	add(m, 0, 0, VERDICT_INCIDENT, "fake-offline", 0.1);
	add(m, 0, 0, VERDICT_INCIDENT, "fake-offline", 0.2);
	add(m, 1, 0, VERDICT_INCIDENT, "fake-offline", 1);
	add(m, 1, 0, VERDICT_INCIDENT, "bad-page", -1);
	add(m, 1, 0, VERDICT_INCIDENT, "fake-offline", 2);
	add(m, 0, 1, VERDICT_CLEAN, NULL, -1);
	add(m, 0, 1, VERDICT_CLEAN, NULL, -1);
	add(m, 1, 1, VERDICT_HANG, NULL, -1);
	assert_text(m,
		    "scenario  family        6.1                                     7.3\n"
		    "cancel    bad-page      0/3                                     1/3 10 s\n"
		    "          fake-offline  3/3 0.20 s                              2/3 2.00 s\n"
		    "control   hang          0/2 clean (< 78 %), 200 offlines, 20 s  1/1 10 s\n");
}

/* Boots that say nothing, and cells that could not run, are told; a reason only once. */
static void test_not_clean(void)
{
	g_autoptr(Matrix) m = matrix_new(kernels, scenarios);

	add(m, 0, 0, VERDICT_UNEXPOSED, NULL, -1);
	add(m, 0, 0, VERDICT_CLEAN, NULL, -1);
	add(m, 0, 1, VERDICT_LOST, NULL, -1);
	matrix_fail(m, 1, 0, "no kernel 7.3");
	matrix_fail(m, 1, 1, "no kernel 7.3");
	assert_text(m, "scenario  family  6.1               7.3\n"
		       "cancel    none    0/1, 1 unexposed  failed\n"
		       "control   none    0/0, 1 lost       failed\n"
		       "failed: no kernel 7.3\n");
}

/*
 * Clean, hit, hung, lost and unexposed boots in one cell. A time of those that fired alone would be
 * 0.20 s; half of the boots never came to it.
 */
static void test_mixed(void)
{
	g_autoptr(Matrix) m = matrix_new(kernels, scenarios);

	add(m, 0, 0, VERDICT_INCIDENT, "fake-offline", 0.1);
	add(m, 0, 0, VERDICT_INCIDENT, "fake-offline", 0.2);
	add(m, 0, 0, VERDICT_INCIDENT, "fake-offline", 0.3);
	add(m, 0, 0, VERDICT_INCIDENT, "bad-page", 0.25);
	add(m, 0, 0, VERDICT_HANG, NULL, -1);
	add(m, 0, 0, VERDICT_CLEAN, NULL, -1);
	add(m, 0, 0, VERDICT_CLEAN, NULL, -1);
	add(m, 0, 0, VERDICT_LOST, NULL, -1);
	add(m, 0, 0, VERDICT_UNEXPOSED, NULL, -1);
	/* Boots that another family ended say nothing about later: 2 of 4, and not 2 of 6. */
	add(m, 1, 0, VERDICT_INCIDENT, "bad-page", 0.5);
	add(m, 1, 0, VERDICT_INCIDENT, "bad-page", 0.5);
	add(m, 1, 0, VERDICT_INCIDENT, "fake-offline", 3);
	add(m, 1, 0, VERDICT_INCIDENT, "fake-offline", 4);
	add(m, 1, 0, VERDICT_CLEAN, NULL, -1);
	add(m, 1, 0, VERDICT_CLEAN, NULL, -1);
	assert_text(m, "scenario  family        6.1                       7.3\n"
		       "cancel    bad-page      1/7, 1 lost, 1 unexposed  2/6\n"
		       "          fake-offline  3/7, 1 lost, 1 unexposed  2/6 4.00 s\n"
		       "          hang          1/7, 1 lost, 1 unexposed  0/6\n"
		       "control   none          -                         -\n");
}

/* A clean cell says how close it came. */
static void test_exposure(void)
{
	g_autoptr(Matrix) m = matrix_new(kernels, scenarios);
	g_autoptr(Exposure) e = exposure_new();
	BootResult r = {.verdict = VERDICT_CLEAN, .offlines = 5, .run_s = 2, .exposure = e};
	g_autofree char *text = NULL;

	e->layer = g_strdup("bpf");
	g_ptr_array_add(e->visits, g_memdup2(&(ExposureVisit){g_strdup("damon"), g_strdup("f"),
							      g_strdup("dec"), 9000, 1234, 7, -1},
					     sizeof(ExposureVisit)));
	r.families = g_ptr_array_new();
	matrix_add(m, 0, 0, &r);
	matrix_add(m, 0, 0, &r);
	text = matrix_text(m, FALSE);
	g_assert_nonnull(strstr(text, "0/2 clean (< 78 %), 10 offlines, 2,468 visits inside, 4 s"));
	g_ptr_array_unref(r.families);
}

static void test_markdown(void)
{
	g_autoptr(Matrix) m = matrix_new(kernels, scenarios);
	g_autofree char *text = NULL;

	add(m, 0, 0, VERDICT_INCIDENT, "fake-offline", 0.5);
	matrix_fail(m, 1, 0, "no kernel 7.3");
	text = matrix_text(m, TRUE);
	g_assert_cmpstr(text, ==,
			"| scenario | family | 6.1 | 7.3 |\n"
			"| --- | --- | --- | --- |\n"
			"| cancel | fake-offline | 1/1 0.50 s | failed |\n"
			"| control | none | - | - |\n"
			"\nfailed: no kernel 7.3\n");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/matrix/empty", test_empty);
	g_test_add_func("/matrix/table", test_table);
	g_test_add_func("/matrix/not-clean", test_not_clean);
	g_test_add_func("/matrix/mixed", test_mixed);
	g_test_add_func("/matrix/exposure", test_exposure);
	g_test_add_func("/matrix/markdown", test_markdown);
	return g_test_run();
}
