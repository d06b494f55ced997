/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interleaving on purpose: every round of the shipped choreography fires once, and its control,
 * which reaches the same stands in another order, not at all. Skips a kernel that is not cached.
 */
#include "tests/guest/hunt-fixture.h"

#include <string.h>

#define ROUNDS 5

typedef struct {
	const char *scenario;
	gboolean fires;
} Case;

static const char *member(JsonObject *o, const char *key)
{
	return o && json_object_has_member(o, key) ? json_object_get_string_member(o, key) : "";
}

/* The reference count when the driver has dropped its own: 1 is left by a walker that still holds. */
static void expect_rounds(JsonObject *verdict, gboolean fires)
{
	JsonArray *rounds = json_object_get_array_member(verdict, "rounds");

	g_assert_cmpint(json_object_get_int_member(verdict, "rounds_complete"), ==, ROUNDS);
	for (guint i = 0; i < ROUNDS; i++) {
		JsonArray *stands = json_object_get_array_member(
			json_array_get_object_element(rounds, i), "stands");

		for (guint k = 0; k < json_array_get_length(stands); k++) {
			JsonObject *stand = json_array_get_object_element(stands, k);
			gint64 count = json_object_get_int_member(stand, "count");

			if (g_str_equal(member(stand, "stand"), "held"))
				g_assert_cmpint(count, ==, 2);
			if (g_str_equal(member(stand, "stand"), "dropped"))
				g_assert_cmpint(count, ==, fires ? 1 : 0);
		}
	}
}

static void test_choreography(Hunt *h, gconstpointer data)
{
	const Case *c = data;
	g_autoptr(JsonObject) verdict = NULL;

	hunt_start(h, c->scenario, "--kernel", "6.12");
	hunt_finish(h);
	if (h->code == 2) {
		g_test_skip("the kernel is not cached");
		return;
	}
	if (!hunt_expect(h, c->fires ? 1 : 0, c->fires ? "incident" : "clean"))
		return;
	verdict = hunt_verdict(h);
	g_assert_cmpint(json_object_get_int_member(verdict, "hits"), ==, c->fires ? ROUNDS : 0);
	expect_rounds(verdict, c->fires);
	hunt_has(h, "5 of 5 rounds");
}

int main(int argc, char **argv)
{
	static const Case forced = {"choreo-split", TRUE};
	static const Case control = {"choreo-split-control", FALSE};
	static const HuntCase cases[] = {
		{"/choreography/forced", test_choreography, &forced},
		{"/choreography/control", test_choreography, &control},
	};

	return hunt_main(argc, argv, cases, G_N_ELEMENTS(cases));
}
