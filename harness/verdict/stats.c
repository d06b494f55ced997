/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See stats.h. */
#include "harness/verdict/stats.h"
#include "harness/verdict/beta-product.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* More boots than this nobody runs to confirm a fix. */
#define FIX_MAX 1000000

StatsInterval stats_proportion(guint64 hits, guint64 trials, double confidence)
{
	double tail = 1 - confidence;
	StatsInterval ci = {0, 1};

	if (trials == 0 || hits > trials)
		return ci;
	if (hits > 0)
		ci.low = gsl_cdf_beta_Pinv(tail, hits, trials - hits + 1.0);
	if (hits < trials)
		ci.high = gsl_cdf_beta_Qinv(tail, hits + 1.0, trials - hits);
	return ci;
}

StatsInterval stats_first_hit(guint64 trials, double confidence)
{
	double tail = 1 - confidence;
	StatsInterval ci = {0, 1};

	if (trials == 0)
		return ci;
	ci.low = -expm1(log1p(-tail) / trials);
	if (trials > 1)
		ci.high = -expm1(log(tail) / (trials - 1.0));
	return ci;
}

double stats_fisher(guint64 hits_a, guint64 trials_a, guint64 hits_b, guint64 trials_b)
{
	guint64 hits = hits_a + hits_b, trials = trials_a + trials_b;
	guint64 least = hits > trials_b ? hits - trials_b : 0;
	double observed, p = 0;

	if (trials_a == 0 || trials_b == 0 || trials > G_MAXUINT || hits_a > trials_a ||
	    hits_b > trials_b)
		return 1;
	observed = gsl_ran_hypergeometric_pdf(hits_a, hits, trials - hits, trials_a);
	for (guint64 k = least; k <= MIN(hits, trials_a); k++) {
		double p_k = gsl_ran_hypergeometric_pdf(k, hits, trials - hits, trials_a);

		/* Equal ones come out of the logarithms a little apart. */
		if (p_k <= observed * (1 + 1e-7))
			p += p_k;
	}
	return MIN(p, 1);
}

guint64 stats_trials_for(double rate, double confidence)
{
	if (!(rate > 0) || rate >= 1)
		return rate >= 1 ? 1 : 0;
	return (guint64)ceil(log1p(-confidence) / log1p(-rate));
}

guint64 stats_trials_for_fix(guint64 hits, guint64 trials, double significant)
{
	if (hits == 0 || hits > trials)
		return 0;
	/* Upwards, one by one: it is not monotone. */
	for (guint64 n = 1; n <= FIX_MAX; n++)
		if (stats_fisher(hits, trials, 0, n) < significant)
			return n;
	return 0;
}

/* The variance of the logarithm by leaving out one boot after the other; below 0: unknown. */
static double jackknife(const StatsCluster *boots, guint count, double hits, double chances)
{
	double mean = 0, squares = 0;
	guint n = 0;

	/* Welford's way: the logarithms lie close together. */
	for (guint i = 0; i < count; i++) {
		double log_rate, delta;

		if (boots[i].chances == 0 && boots[i].hits == 0)
			continue;
		if (hits <= boots[i].hits || chances <= boots[i].chances)
			return -1;
		log_rate = log((hits - boots[i].hits) / (chances - boots[i].chances));
		delta = log_rate - mean;
		mean += delta / ++n;
		squares += delta * (log_rate - mean);
	}
	return n < 3 ? -1 : squares * (n - 1) / n;
}

/* The logarithm of the rate, its variance, and its degrees of freedom; FALSE without a variance. */
static gboolean log_rate(const StatsCluster *boots, guint count, double *value, double *variance,
			 double *freedom)
{
	double hits = 0, chances = 0;

	*freedom = -1;
	for (guint i = 0; i < count; i++) {
		hits += boots[i].hits;
		chances += boots[i].chances;
		*freedom += boots[i].chances > 0 || boots[i].hits > 0;
	}
	if (!(hits > 0) || !(chances > 0))
		return FALSE;
	*value = log(hits / chances);
	*variance = jackknife(boots, count, hits, chances);
	return *variance > 1e-12;
}

gboolean stats_rate(const StatsCluster *boots, guint count, double confidence, StatsInterval *ci)
{
	double value, variance, freedom, half;

	if (!log_rate(boots, count, &value, &variance, &freedom))
		return FALSE;
	half = gsl_cdf_tdist_Pinv(0.5 + confidence / 2, freedom) * sqrt(variance);
	ci->low = exp(value - half);
	ci->high = exp(value + half);
	return TRUE;
}

StatsTime stats_time(gboolean hit, double after_go_s, double after_hello_s, double run_s)
{
	double early_s = after_hello_s >= 0 ? 0 : run_s;

	return (StatsTime){!hit ? run_s : after_go_s >= 0 ? after_go_s : early_s, hit};
}

double stats_rate_test(const StatsCluster *a, guint count_a, const StatsCluster *b, guint count_b)
{
	double rate_a, rate_b, var_a, var_b, free_a, free_b, both, freedom;

	if (!log_rate(a, count_a, &rate_a, &var_a, &free_a) ||
	    !log_rate(b, count_b, &rate_b, &var_b, &free_b))
		return 1;
	both = var_a + var_b;
	freedom = both * both / (var_a * var_a / free_a + var_b * var_b / free_b);
	return 2 * gsl_cdf_tdist_Q(fabs(rate_a - rate_b) / sqrt(both), freedom);
}

static int by_time(const void *a, const void *b)
{
	const StatsTime *x = a, *y = b;

	return (x->time_s > y->time_s) - (x->time_s < y->time_s);
}

static StatsTime *sorted(const StatsTime *times, guint count)
{
	StatsTime *copy = g_memdup2(times, count * sizeof(*times));

	if (count > 0)
		qsort(copy, count, sizeof(*copy), by_time);
	return copy;
}

/* @left: boots at risk until the next hit; with none of them there is no lower bound. */
static StatsInterval survival_bounds(BetaProduct product, guint left)
{
	StatsInterval ci = {.high = beta_product_quantile(product, STATS_CONFIDENCE)};

	if (left > 0)
		ci.low = beta_product_quantile(beta_product_times(product, left),
					       1 - STATS_CONFIDENCE);
	return ci;
}

GArray *stats_survival(const StatsTime *times, guint count)
{
	g_autofree StatsTime *t = sorted(times, count);
	GArray *steps = g_array_new(FALSE, FALSE, sizeof(StatsStep));
	BetaProduct product = BETA_PRODUCT_ONE;
	double survival = 1;
	guint left = 0;

	for (guint i = 0; i < count;) {
		StatsStep step = {.time_s = t[i].time_s, .at_risk = count - i};
		guint next = i;

		for (; next < count && t[next].time_s == t[i].time_s; next++)
			step.hits += t[next].hit;
		i = next;
		if (step.hits == 0)
			continue;
		if (steps->len) {
			StatsStep *last = &g_array_index(steps, StatsStep, steps->len - 1);

			last->ci = survival_bounds(product, step.at_risk);
		}
		survival *= 1 - (double)step.hits / step.at_risk;
		for (guint k = 0; k < step.hits; k++)
			product = beta_product_times(product, step.at_risk - k);
		step.survival = survival;
		left = count - next;
		g_array_append_val(steps, step);
	}
	if (steps->len)
		g_array_index(steps, StatsStep, steps->len - 1).ci = survival_bounds(product, left);
	return steps;
}

double stats_median(const GArray *steps)
{
	for (guint i = 0; i < steps->len; i++) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);

		if (s->survival <= 0.5)
			return s->time_s;
	}
	return -1;
}

StatsInterval stats_median_interval(const GArray *steps)
{
	StatsInterval ci = {-1, -1};
	gboolean bounded = FALSE;

	for (guint i = 0; i < steps->len; i++) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);
		double before = pow(1 - STATS_CONFIDENCE, 1.0 / s->at_risk);

		/* Before the first hit: so few boots that half may have one sooner. */
		if (i == 0 && before <= 0.5)
			bounded = TRUE;
		if (!bounded && s->ci.low <= 0.5) {
			ci.low = s->time_s;
			bounded = TRUE;
		}
		if (ci.high < 0 && s->ci.high <= 0.5)
			ci.high = s->time_s;
	}
	return ci;
}

/* How many of @t (sorted) last at least until @time_s; *@hits: hits at that very time. */
static guint at_risk(const StatsTime *t, guint count, double time_s, guint *hits)
{
	guint n = 0;

	*hits = 0;
	for (guint i = 0; i < count; i++) {
		n += t[i].time_s >= time_s;
		*hits += t[i].time_s == time_s && t[i].hit;
	}
	return n;
}

double stats_logrank(const StatsTime *a, guint count_a, const StatsTime *b, guint count_b)
{
	g_autofree StatsTime *all = g_new(StatsTime, MAX(count_a + count_b, 1));
	double observed = 0, expected = 0, variance = 0;
	g_autoptr(GArray) steps = NULL;

	for (guint i = 0; i < count_a + count_b; i++)
		all[i] = i < count_a ? a[i] : b[i - count_a];
	steps = stats_survival(all, count_a + count_b);
	for (guint i = 0; i < steps->len; i++) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);
		guint hits_a;
		double n = s->at_risk, n_a = at_risk(a, count_a, s->time_s, &hits_a);

		observed += hits_a;
		expected += s->hits * n_a / n;
		if (n > 1)
			variance += s->hits * (n_a / n) * (1 - n_a / n) * (n - s->hits) / (n - 1);
	}
	if (!(variance > 0))
		return 1;
	return gsl_cdf_chisq_Q((observed - expected) * (observed - expected) / variance, 1);
}
