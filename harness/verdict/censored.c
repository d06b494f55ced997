/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See censored.h. */
#include "harness/verdict/censored.h"
#include "harness/verdict/beta-product.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

/* With more hits than this the normal distribution is as good, and much quicker. */
#define HITS_MAX 2000

double censored_worth(const StatsTime *t, guint count)
{
	double worth = 0;

	for (guint i = 0; i < count; i++)
		worth += t[i].hit ? 1 : MIN(t[i].time_s, 1);
	return worth;
}

double censored_upper(double worth, double confidence)
{
	return worth > 0 ? -expm1(log1p(-confidence) / worth) : 1;
}

StatsInterval censored_chance(const StatsTime *t, guint count, double confidence)
{
	g_autoptr(GArray) steps = stats_survival(t, count);
	BetaProduct high = BETA_PRODUCT_ONE, low;
	guint whole = 0;

	if (steps->len == 0)
		return (StatsInterval){0, censored_upper(censored_worth(t, count), confidence)};
	for (guint i = 0; i < steps->len; i++) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);

		for (guint k = 0; k < s->hits; k++)
			high = beta_product_times(high, s->at_risk - k);
	}
	for (guint i = 0; i < count; i++)
		whole += !t[i].hit && t[i].time_s >= 1;
	/* As if the next of those that are left would hit in the next moment. */
	low = beta_product_times(high, whole);
	return (StatsInterval){1 - beta_product_quantile(high, confidence),
			       1 - beta_product_quantile(low, 1 - confidence)};
}

static int by_time(const void *a, const void *b)
{
	const StatsTime *x = a, *y = b;

	return (x->time_s > y->time_s) - (x->time_s < y->time_s);
}

typedef struct {
	StatsTime *times; /* sorted */
	guint count, next;
} Group;

static Group group_new(const StatsTime *t, guint count)
{
	Group g = {g_new(StatsTime, count + 1), count, 0};

	for (guint i = 0; i < count; i++)
		g.times[i] = t[i];
	qsort(g.times, count, sizeof(*g.times), by_time);
	return g;
}

/* Hits of @g at @time_s, which those before it do not outlive. *@at_risk: who is, just before. */
static guint hits_at(Group *g, double time_s, guint *at_risk)
{
	guint hits = 0;

	while (g->next < g->count && g->times[g->next].time_s < time_s)
		g->next++;
	*at_risk = g->count - g->next;
	for (guint i = g->next; i < g->count && g->times[i].time_s == time_s; i++)
		hits += g->times[i].hit;
	return hits;
}

/* @dist: of the hits of A so far, @len of them; now with those of @hits among @a and @b at risk. */
static double *convolve(double *dist, guint *len, guint a, guint b, guint hits)
{
	double *sum = g_new0(double, *len + hits);

	for (guint k = 0; k <= hits; k++) {
		double p = gsl_ran_hypergeometric_pdf(k, a, b, hits);

		for (guint i = 0; p > 0 && i < *len; i++)
			sum[i + k] += dist[i] * p;
	}
	*len += hits;
	g_free(dist);
	return sum;
}

double censored_test(const StatsTime *a, guint count_a, const StatsTime *b, guint count_b)
{
	g_autofree StatsTime *all = g_new(StatsTime, count_a + count_b + 1);
	g_autoptr(GArray) steps = NULL;
	Group of_a, of_b;
	double *dist = g_new0(double, 1), p = 0, observed;
	guint len = 1, seen = 0, hits = 0;

	for (guint i = 0; i < count_a + count_b; i++) {
		all[i] = i < count_a ? a[i] : b[i - count_a];
		hits += all[i].hit;
	}
	dist[0] = 1;
	if (hits > HITS_MAX) {
		g_free(dist);
		return stats_logrank(a, count_a, b, count_b);
	}
	of_a = group_new(a, count_a);
	of_b = group_new(b, count_b);
	steps = stats_survival(all, count_a + count_b);
	for (guint i = 0; i < steps->len; i++) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);
		guint risk_a, risk_b, hits_a = hits_at(&of_a, s->time_s, &risk_a);

		hits_at(&of_b, s->time_s, &risk_b);
		seen += hits_a;
		dist = convolve(dist, &len, risk_a, risk_b, s->hits);
	}
	/* Equal ones come out of the sums a little apart. */
	observed = dist[seen] * (1 + 1e-7);
	for (guint i = 0; i < len; i++)
		p += dist[i] <= observed ? dist[i] : 0;
	g_free(of_a.times);
	g_free(of_b.times);
	g_free(dist);
	return MIN(p, 1);
}
