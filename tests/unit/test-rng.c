/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seed in an old report must give the same hunt for ever: the values here never change. */
#include "host-driver/base/rng.h"

static void test_known_values(void)
{
	/* The generator's published reference outputs for the seeds 0 and 1234567. */
	static const guint64 zero[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f};
	static const guint64 other[] = {6457827717110365317u, 3203168211198807973u,
					9817491932198370423u};
	Rng rng;

	rng_seed(&rng, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(zero); i++)
		g_assert_cmphex(rng_u64(&rng), ==, zero[i]);
	rng_seed(&rng, 1234567);
	for (gsize i = 0; i < G_N_ELEMENTS(other); i++)
		g_assert_cmpuint(rng_u64(&rng), ==, other[i]);
}

static void test_below(void)
{
	guint seen[7] = {0};
	Rng rng, twin;

	rng_seed(&rng, 42);
	for (int i = 0; i < 7000; i++) {
		guint64 v = rng_below(&rng, 7);

		g_assert_cmpuint(v, <, 7);
		seen[v]++;
	}
	for (int i = 0; i < 7; i++) {
		g_assert_cmpuint(seen[i], >, 850);
		g_assert_cmpuint(seen[i], <, 1150);
	}
	g_assert_cmpuint(rng_below(&rng, 1), ==, 0);
	for (int i = 0; i < 100; i++)
		g_assert_cmpuint(rng_below(&rng, G_MAXUINT64), <, G_MAXUINT64);
	twin = rng;
	g_assert_cmphex(rng_below(&rng, 0), ==, rng_u64(&twin));
}

static void test_derive(void)
{
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	Rng rng;

	/* Neighbours of seed and index, nested ones and the plain stream never meet. */
	for (guint64 seed = 0; seed < 40; seed++) {
		rng_seed(&rng, seed);
		for (guint64 i = 0; i < 40; i++) {
			guint64 v[] = {seed_derive(seed, i), seed_derive(seed_derive(seed, i), i),
				       rng_u64(&rng)};

			for (gsize k = 0; k < G_N_ELEMENTS(v); k++)
				g_assert_true(
					g_hash_table_add(seen, g_memdup2(&v[k], sizeof(v[k]))));
		}
	}
	g_assert_cmphex(seed_derive(0, 0), ==, G_GUINT64_CONSTANT(0x4e7af27209e14957));
	g_assert_cmphex(seed_derive(1, 2), ==, G_GUINT64_CONSTANT(0x593237ea567d2dff));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rng/known-values", test_known_values);
	g_test_add_func("/rng/below", test_below);
	g_test_add_func("/rng/derive", test_derive);
	return g_test_run();
}
