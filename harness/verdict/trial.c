/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See trial.h. */
#include "harness/verdict/trial.h"

static TrialKind kind_of(const TrialFacts *f)
{
	if (verdict_is_hit(f->weighed))
		return TRIAL_HIT;
	if (f->before_hunt)
		return TRIAL_NONE;
	switch (f->weighed) {
	case VERDICT_CLEAN:
		return f->censored ? TRIAL_CUT : TRIAL_WHOLE;
	case VERDICT_UNEXPOSED:
		return f->censored ? TRIAL_CUT : TRIAL_NONE;
	case VERDICT_KNOWN:
	case VERDICT_LOST:
	case VERDICT_EMULATOR:
		return TRIAL_CUT;
	default:
		return TRIAL_NONE;
	}
}

Trial trial_of(const TrialFacts *f)
{
	Trial t = {kind_of(f), MAX(f->run_s, 0)};

	if (t.kind == TRIAL_HIT)
		t.time_s =
			MIN(stats_time(TRUE, f->hit_s, f->hit_hello_s, t.time_s).time_s, t.time_s);
	if (t.kind == TRIAL_CUT && f->cut_s >= 0)
		t.time_s = MIN(f->cut_s, t.time_s);
	/* It never came to hammer. */
	if (t.kind == TRIAL_CUT && !(t.time_s > 0))
		t.kind = TRIAL_NONE;
	return t;
}

StatsTime trial_time(const Trial *t, double whole_s)
{
	StatsTime time = {.hit = t->kind == TRIAL_HIT};

	if (t->kind == TRIAL_WHOLE)
		time.time_s = 1;
	else if (whole_s > 0)
		time.time_s = MIN(t->time_s / whole_s, 1);
	else
		time.time_s = t->kind == TRIAL_HIT;
	return time;
}
