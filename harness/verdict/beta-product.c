/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See beta-product.h. */
#include "harness/verdict/beta-product.h"

#include <gsl/gsl_cdf.h>

BetaProduct beta_product_times(BetaProduct p, double n)
{
	return (BetaProduct){p.mean * n / (n + 1), p.square * n / (n + 2)};
}

double beta_product_quantile(BetaProduct p, double share)
{
	double variance = p.square - p.mean * p.mean, sum;

	if (!(p.mean > 0) || !(variance > 0))
		return p.mean;
	sum = p.mean * (1 - p.mean) / variance - 1;
	return gsl_cdf_beta_Pinv(share, p.mean * sum, (1 - p.mean) * sum);
}
