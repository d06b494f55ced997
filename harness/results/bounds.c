/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See bounds.h. */
#include "harness/results/bounds.h"
#include "harness/results/table.h"

#include <math.h>

/* What the binary form of a decimal adds is no reason to go a digit further. */
#define NOISE 1e-9

static double outward(double value, double unit, gboolean up)
{
	double n = value / unit;

	return (up ? ceil(n - n * NOISE) : floor(n + n * NOISE)) * unit;
}

/* @value with two digits, all of those before the point. */
static char *two_digits(double value, gboolean up)
{
	int decimals = 0;
	double unit = 1;

	if (!(value > 0))
		return g_strdup("0");
	for (double v = value * (1 + NOISE); v < 10 && decimals < 12; v *= 10) {
		decimals++;
		unit /= 10;
	}
	value = outward(value, unit, up);
	/* 9.96 became 10.0. */
	if (decimals && value * (1 + NOISE) >= unit * 100)
		decimals--;
	if (decimals || value > 1e18)
		return g_strdup_printf("%.*f", decimals, value);
	return results_count((guint64)(value + 0.5));
}

char *bounds_percent_most(double share)
{
	g_autofree char *most = two_digits(share * 100, TRUE);

	return g_strdup_printf("%s %%", most);
}

char *bounds_percent(StatsInterval share)
{
	g_autofree char *low = two_digits(share.low * 100, FALSE);
	g_autofree char *most = bounds_percent_most(share.high);

	return share.low > 0 ? g_strdup_printf("%s..%s", low, most) : g_strdup_printf("< %s", most);
}

char *bounds_rate(StatsInterval rate, double per)
{
	g_autofree char *low = two_digits(rate.low * per, FALSE);
	g_autofree char *high = two_digits(rate.high * per, TRUE);

	return g_strdup_printf("%s..%s", low, high);
}

/* results_duration() shows hundredths, seconds or minutes: to that unit. */
static char *duration(double s, gboolean up)
{
	double unit = s < 10 ? 0.01 : s < 120 ? 1 : 60;

	return s < 0 ? g_strdup("?") : results_duration(outward(s, unit, up));
}

char *bounds_duration(StatsInterval seconds)
{
	g_autofree char *low = duration(seconds.low, FALSE), *high = duration(seconds.high, TRUE);

	return g_strdup_printf("%s to %s", low, high);
}
