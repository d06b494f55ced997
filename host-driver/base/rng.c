/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * splitmix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"): a counter
 * that walks by the golden ratio, and a mixer with full avalanche over it.
 */
#include "host-driver/base/rng.h"

#define RNG_GAMMA G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)

static guint64 mix(guint64 z)
{
	z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void rng_seed(Rng *rng, guint64 seed)
{
	rng->state = seed;
}

guint64 rng_u64(Rng *rng)
{
	rng->state += RNG_GAMMA;
	return mix(rng->state);
}

guint64 rng_below(Rng *rng, guint64 bound)
{
	guint64 value = rng_u64(rng);

	if (bound == 0)
		return value;
	/* Reject the 2^64 mod bound lowest values, so that every residue is equally likely. */
	while (value < -bound % bound)
		value = rng_u64(rng);
	return value % bound;
}

guint64 seed_derive(guint64 seed, guint64 index)
{
	/* The inner mix keeps the counter away from the stream that rng_seed(seed) walks. */
	return mix(mix(seed ^ G_GUINT64_CONSTANT(0x70666e68756e7431)) + (index + 1) * RNG_GAMMA);
}
