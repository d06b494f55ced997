/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The share of boots without a hit over time, as an SVG. */
#include "harness/report/html-internal.h"
#include "harness/report/html-write.h"
#include "harness/report/formats.h"
#include "harness/results/signature.h"

#define WIDTH  600
#define HEIGHT 220
#define LEFT   48
#define RIGHT  12
#define TOP    10
#define BOTTOM 34

static double x_of(double time_s, double most_s)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * time_s / most_s;
}

static double y_of(double share)
{
	return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share);
}

/* A step line through value(i) of each step, from 1 at the left edge. */
static void append_steps(GString *path, const GArray *steps, double most_s, guint which)
{
	g_string_append_printf(path, "M%s %s", html_number(x_of(0, most_s)), html_number(y_of(1)));
	for (guint i = 0; i < steps->len; i++) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);
		double value = which == 0 ? s->survival : which == 1 ? s->ci.low : s->ci.high;

		g_string_append_printf(path, "H%s", html_number(x_of(s->time_s, most_s)));
		g_string_append_printf(path, "V%s", html_number(y_of(value)));
	}
	g_string_append_printf(path, "H%s", html_number(x_of(most_s, most_s)));
}

/* The band goes out along the upper bound and back along the lower one. */
static void append_band(GString *path, const GArray *steps, double most_s)
{
	append_steps(path, steps, most_s, 2);
	for (guint i = steps->len; i-- > 0;) {
		const StatsStep *s = &g_array_index(steps, StatsStep, i);

		g_string_append_printf(path, "V%s", html_number(y_of(s->ci.low)));
		g_string_append_printf(path, "H%s", html_number(x_of(s->time_s, most_s)));
	}
	g_string_append(path, "Z");
}

void html_survival(GString *out, const RHunt *h)
{
	g_autoptr(GArray) times = results_times(h);
	g_autoptr(GArray) steps = stats_survival((StatsTime *)(void *)times->data, times->len);
	g_autoptr(GString) curve = g_string_new(NULL), band = g_string_new(NULL);
	double most_s = 0.001, median = stats_median(steps);

	if (times->len < 2 || steps->len == 0)
		return;
	for (guint i = 0; i < times->len; i++)
		most_s = MAX(most_s, g_array_index(times, StatsTime, i).time_s);
	append_steps(curve, steps, most_s, 0);
	append_band(band, steps, most_s);
	html_raw(out,
		 "<h3>Time to the first hit</h3><svg class=\"survival\" role=\"img\" "
		 "aria-label=\"Share of boots without a hit over time\" viewBox=\"0 0 %d %d\">"
		 "<path class=\"band\" d=\"%s\"/><path class=\"curve\" d=\"%s\"/>",
		 WIDTH, HEIGHT, band->str, curve->str);
	html_raw(out, "<path class=\"axisline\" fill=\"none\" d=\"M%d %dV%sH%d\"/>", LEFT, TOP,
		 html_number(y_of(0)), WIDTH - RIGHT);
	for (guint i = 0; i <= 2; i++)
		html_raw(out, "<text x=\"%d\" y=\"%s\" text-anchor=\"end\">%u %%</text>", LEFT - 6,
			 html_number(y_of(i / 2.0) + 4), i * 50);
	for (guint i = 0; i <= 4; i++)
		html_raw(out, "<text x=\"%s\" y=\"%d\" text-anchor=\"%s\">%s s</text>",
			 html_number(x_of(most_s * i / 4, most_s)), HEIGHT - 10,
			 i == 0	  ? "start"
			 : i == 4 ? "end"
				  : "middle",
			 html_number(most_s * i / 4));
	g_string_append(out, "</svg>");
	html_raw(out, "<p>Share of boots without a hit (Kaplan-Meier; the band holds at 95 %% on "
		      "either side of each point); ");
	if (median >= 0) {
		g_autofree char *words = results_median(h);

		report_escape(out, words);
		g_string_append(out, ".</p>");
	} else
		html_raw(out, "fewer than half of the boots fired.</p>");
}
