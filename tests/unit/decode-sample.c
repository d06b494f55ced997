/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug information for test-decode.c: a function with another one inlined. */
#include <stdlib.h>

volatile int sink;

static inline __attribute__((always_inline)) void sample_inner(int x)
{
	sink = x * 3;
}

static __attribute__((noinline)) int sample_outer(int x)
{
	sink = x;
	sample_inner(x);
	sink = x + 1;
	return sink;
}

int main(int argc, char **argv)
{
	return sample_outer(argc) ? EXIT_SUCCESS : EXIT_FAILURE;
}
