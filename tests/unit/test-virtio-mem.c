/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The resizer's schedule: repeatable, inside its limits, and mostly leaving blocks half plugged. */
#include "host-driver/vm/virtio-mem.h"

#define MIB (G_GUINT64_CONSTANT(1) << 20)

static const ResizeLimits usual = {.min_bytes = 0,
				   .max_bytes = 2048 * MIB,
				   .block_size_bytes = 4 * MIB,
				   .memory_block_bytes = 128 * MIB,
				   .period_ms = 100,
				   .jitter_ms = 50};

static void test_known_steps(void)
{
	/* Old reports name their seed: these never change. */
	static const ResizeStep want[] = {{77, 1716 * MIB},
					  {152, 1616 * MIB},
					  {263, 748 * MIB},
					  {330, 640 * MIB},
					  {410, 1972 * MIB}};
	g_autoptr(ResizeSchedule) s = resize_schedule_new(&usual, 7);

	for (gsize i = 0; i < G_N_ELEMENTS(want); i++) {
		ResizeStep step = resize_schedule_next(s);

		g_assert_cmpuint(step.t_ms, ==, want[i].t_ms);
		g_assert_cmpuint(step.target_bytes, ==, want[i].target_bytes);
	}
}

static void test_limits(void)
{
	g_autoptr(ResizeSchedule) s = resize_schedule_new(&usual, 1);
	guint64 last_ms = 0, last_bytes = G_MAXUINT64;
	guint partly = 0, near = 0;
	gboolean low = FALSE, high = FALSE;

	for (int i = 0; i < 4000; i++) {
		ResizeStep step = resize_schedule_next(s);

		g_assert_cmpuint(step.t_ms - last_ms, >=, 50);
		g_assert_cmpuint(step.t_ms - last_ms, <=, 150);
		g_assert_cmpuint(step.target_bytes % usual.block_size_bytes, ==, 0);
		g_assert_cmpuint(step.target_bytes, <=, usual.max_bytes);
		g_assert_cmpuint(step.target_bytes, !=, last_bytes);
		partly += step.target_bytes % usual.memory_block_bytes != 0;
		near += MAX(step.target_bytes, last_bytes) - MIN(step.target_bytes, last_bytes) <=
			128 * MIB;
		low |= step.target_bytes < 64 * MIB;
		high |= step.target_bytes > 1984 * MIB;
		last_ms = step.t_ms;
		last_bytes = step.target_bytes;
	}
	g_assert_cmpuint(partly, >, 4000 * 8 / 10);
	g_assert_cmpuint(partly, <, 4000);
	g_assert_cmpuint(near, >, 4000 * 45 / 100);
	g_assert_cmpuint(near, <, 4000 * 65 / 100);
	g_assert_true(low && high);
	/* The mean gap is the period. */
	g_assert_cmpuint(last_ms, >, 4000 * 97);
	g_assert_cmpuint(last_ms, <, 4000 * 103);
}

static void test_seeds(void)
{
	g_autoptr(ResizeSchedule) a = resize_schedule_new(&usual, 5);
	g_autoptr(ResizeSchedule) b = resize_schedule_new(&usual, 5);
	g_autoptr(ResizeSchedule) c = resize_schedule_new(&usual, 6);
	guint same = 0;

	for (int i = 0; i < 200; i++) {
		ResizeStep x = resize_schedule_next(a), y = resize_schedule_next(b);

		g_assert_cmpuint(x.t_ms, ==, y.t_ms);
		g_assert_cmpuint(x.target_bytes, ==, y.target_bytes);
		same += x.target_bytes == resize_schedule_next(c).target_bytes;
	}
	g_assert_cmpuint(same, <, 20);
}

/* Small steps inside one memory block, which stays partly plugged; then another block. */
static void test_churn(void)
{
	ResizeLimits limits = usual;
	g_autoptr(ResizeSchedule) s = NULL;
	guint64 last = G_MAXUINT64;
	guint small = 0, moves = 0;

	limits.mode = RESIZE_CHURN;
	s = resize_schedule_new(&limits, 11);
	for (int i = 0; i < 4000; i++) {
		guint64 target = resize_schedule_next(s).target_bytes;

		g_assert_cmpuint(target, <=, limits.max_bytes);
		g_assert_cmpuint(target, !=, last);
		if (i && target / (128 * MIB) != last / (128 * MIB))
			moves++;
		else if (i && MAX(target, last) - MIN(target, last) <= 2 * 8 * 4 * MIB)
			small++;
		last = target;
	}
	g_assert_cmpuint(small, >, 3800);
	g_assert_cmpuint(moves, >, 20);
	g_assert_cmpuint(moves, <, 120);
}

static void test_remove(void)
{
	ResizeLimits limits = usual;
	g_autoptr(ResizeSchedule) s = NULL;
	guint64 last = G_MAXUINT64;
	guint single = 0;
	gboolean low = FALSE, high = FALSE;

	limits.mode = RESIZE_REMOVE;
	limits.min_bytes = 4 * MIB; /* rounded up to a whole block */
	s = resize_schedule_new(&limits, 11);
	for (int i = 0; i < 4000; i++) {
		guint64 target = resize_schedule_next(s).target_bytes;

		g_assert_cmpuint(target % (128 * MIB), ==, 0);
		g_assert_cmpuint(target, >=, 128 * MIB);
		g_assert_cmpuint(target, <=, limits.max_bytes);
		g_assert_cmpuint(target, !=, last);
		single += MAX(target, last) - MIN(target, last) == 128 * MIB;
		low |= target == 128 * MIB;
		high |= target == limits.max_bytes;
		last = target;
	}
	g_assert_cmpuint(single, >, 2000);
	g_assert_cmpuint(single, <, 2800);
	g_assert_true(low && high);
}

static void check_mode(guint64 min, guint64 max, guint64 block, guint64 memory_block,
		       guint64 period_ms, guint64 jitter_ms, ResizeMode mode)
{
	ResizeLimits limits = {min, max, block, memory_block, period_ms, jitter_ms, mode};
	g_autoptr(ResizeSchedule) s = resize_schedule_new(&limits, 3);
	guint64 last_ms = 0;

	for (int i = 0; i < 300; i++) {
		ResizeStep step = resize_schedule_next(s);

		g_assert_cmpuint(step.t_ms, >, last_ms);
		g_assert_cmpuint(step.target_bytes, >=, min);
		g_assert_cmpuint(step.target_bytes, <=, max);
		g_assert_cmpuint(step.target_bytes % block, ==, 0);
		last_ms = step.t_ms;
	}
}

static void check_corner(guint64 min, guint64 max, guint64 block, guint64 memory_block,
			 guint64 period_ms, guint64 jitter_ms)
{
	for (ResizeMode mode = RESIZE_PARTLY; mode <= RESIZE_REMOVE; mode++)
		check_mode(min, max, block, memory_block, period_ms, jitter_ms, mode);
}

static void test_corners(void)
{
	check_corner(0, 2048 * MIB, 128 * MIB, 128 * MIB, 10, 10);   /* never partly plugged */
	check_corner(0, 2048 * MIB, 256 * MIB, 128 * MIB, 10, 0);    /* bigger than a block */
	check_corner(0, 2048 * MIB, 4 * MIB, 0, 1, 1);		     /* guest's block unknown */
	check_corner(0, 2048 * MIB, 4 * MIB, 127 * MIB, 1, 0);	     /* or nonsense */
	check_corner(0, 2048 * MIB, 4 * MIB, G_MAXUINT64, 5, 1);     /* or hostile */
	check_corner(0, 4 * MIB, 4 * MIB, 8 * MIB, 5, 1);	     /* two values in all */
	check_corner(8 * MIB, 8 * MIB, 4 * MIB, 128 * MIB, 5, 9999); /* one */
	check_corner(2 * MIB, 11 * MIB, 4 * MIB, 128 * MIB, 5, 5);   /* unaligned bounds */
	check_corner(0, G_MAXUINT64 >> 1, 2 * MIB, 128 * MIB, 5, 5);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/virtio-mem/known-steps", test_known_steps);
	g_test_add_func("/virtio-mem/limits", test_limits);
	g_test_add_func("/virtio-mem/seeds", test_seeds);
	g_test_add_func("/virtio-mem/churn", test_churn);
	g_test_add_func("/virtio-mem/remove", test_remove);
	g_test_add_func("/virtio-mem/corners", test_corners);
	return g_test_run();
}
