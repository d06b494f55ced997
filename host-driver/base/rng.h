/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The project's own random numbers (splitmix64): the same seed gives the same plan on every
 * machine and with every version of GLib, which GRand does not promise. Not for secrets.
 */
#ifndef PFNHUNT_RNG_H
#define PFNHUNT_RNG_H

#include <glib.h>

typedef struct {
	guint64 state;
} Rng;

void rng_seed(Rng *rng, guint64 seed); /* any value is good, 0 too */
guint64 rng_u64(Rng *rng);
/* Uniform in 0 .. @bound - 1; @bound 0 means the whole range of 64 bits. */
guint64 rng_below(Rng *rng, guint64 bound);

/*
 * The seed of part @index of what @seed made (boot 3 of a hunt, device 1 of a boot): unrelated
 * to its neighbours and to the numbers that rng_seed(@seed) itself gives.
 */
guint64 seed_derive(guint64 seed, guint64 index);

#endif
