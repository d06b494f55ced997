/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A product of independent beta variables, known by its first two moments: what bounds of a survival
 * with censored trials are made of (Fay, Brittain and Proschan 2013).
 */
#ifndef PFNHUNT_BETA_PRODUCT_H
#define PFNHUNT_BETA_PRODUCT_H

typedef struct {
	double mean, square; /* E of it, and of its square */
} BetaProduct;

#define BETA_PRODUCT_ONE                                                                           \
	{                                                                                          \
		1, 1                                                                               \
	}

/* One more factor: Beta(@n, 1), the share that outlives the next hit among @n. */
BetaProduct beta_product_times(BetaProduct p, double n);
/* The quantile of the beta distribution with these moments: exact as long as none is censored. */
double beta_product_quantile(BetaProduct p, double share);

#endif
