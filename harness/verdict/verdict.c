/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See verdict.h. */
#include "harness/verdict/verdict.h"

static const struct {
	const char *name;
	int code;
} verdicts[VERDICT_COUNT] = {
#define X(id, word, exit_code) {.name = word, .code = exit_code},
	VERDICTS(X)
#undef X
};

const char *verdict_name(Verdict verdict)
{
	return verdicts[verdict].name;
}

Verdict verdict_of_name(const char *word)
{
	for (guint v = 0; v < VERDICT_COUNT; v++)
		if (g_str_equal(verdicts[v].name, word))
			return v;
	return VERDICT_INFRA;
}

Verdict verdict_weigh(Verdict verdict, gboolean before_hunt)
{
	if (!before_hunt)
		return verdict;
	return verdict == VERDICT_HANG	  ? VERDICT_LOST
	       : verdict == VERDICT_KNOWN ? VERDICT_UNEXPOSED
					  : verdict;
}

gboolean verdict_is_hit(Verdict weighed)
{
	return weighed == VERDICT_INCIDENT || weighed == VERDICT_HANG;
}

gboolean verdict_is_exposed(Verdict weighed)
{
	return weighed == VERDICT_CLEAN || weighed == VERDICT_KNOWN || verdict_is_hit(weighed);
}

Verdict verdict_of_hunt(Verdict worst, guint boots, gboolean interrupted)
{
	if (interrupted)
		return MIN(worst, VERDICT_UNEXPOSED);
	return boots ? worst : VERDICT_INFRA;
}

int verdict_exit_code(Verdict verdict)
{
	return verdicts[verdict].code;
}

VerdictOutcome verdict_op_outcome(const VerdictOp *op)
{
	if (op->skipped)
		return OUTCOME_SKIPPED;
	if (!op->ready)
		return OUTCOME_NOT_STARTED;
	if (op->end)
		return OUTCOME_ENDED;
	return op->rising ? OUTCOME_RAN : OUTCOME_STOOD_STILL;
}

const char *verdict_outcome_name(VerdictOutcome outcome)
{
	static const char *const names[] = {
#define X(id, name) [OUTCOME_##id] = name,
		VERDICT_OUTCOMES(X)
#undef X
	};

	return names[outcome];
}

/* Why @op did not do what it was to do, or NULL. (transfer full) */
static char *idle(const VerdictOp *op)
{
	switch (verdict_op_outcome(op)) {
	case OUTCOME_NOT_STARTED:
		return g_strdup_printf("%s did not start: %s", op->name,
				       op->reason ? op->reason : "it never said why");
	case OUTCOME_ENDED:
		return g_strdup_printf("%s ended before its time: %s", op->name, op->end);
	case OUTCOME_STOOD_STILL:
		return g_strdup_printf("%s stood still at %" G_GUINT64_FORMAT " steps", op->name,
				       op->steps);
	default:
		return NULL;
	}
}

/* How many ops did what they should, but for observers; *@first_idle: why one did not, or NULL. */
static guint count_ran(const VerdictFacts *f, char **first_idle)
{
	guint ran = 0;

	*first_idle = NULL;
	for (guint i = 0; i < f->op_count; i++) {
		const VerdictOp *op = &f->ops[i];
		g_autofree char *why = idle(op);

		ran += !why && !op->skipped && !op->observer;
		if (!*first_idle)
			*first_idle = g_steal_pointer(&why);
	}
	return ran;
}

gboolean verdict_was_cut(const VerdictFacts *f)
{
	g_autofree char *first_idle = NULL;
	guint ran = count_ran(f, &first_idle);

	return f->interrupted && !f->exited && ran > 0 && (!first_idle || f->any) &&
	       (!f->impairment || f->impairment->kind->effect < IMPAIRMENT_UNEXPOSED);
}

/* Clean or unexposed: did what should run really run? */
static Verdict judge_ops(const VerdictFacts *f, char **reason)
{
	g_autofree char *first_idle = NULL;
	guint ran = count_ran(f, &first_idle);

	if (first_idle && (!f->any || ran == 0)) {
		*reason = g_steal_pointer(&first_idle);
		return VERDICT_UNEXPOSED;
	}
	if (ran == 0) {
		*reason = g_strdup_printf("every op was skipped: %s",
					  f->op_count && f->ops[0].reason ? f->ops[0].reason
									  : "no reason given");
		return VERDICT_UNEXPOSED;
	}
	if (f->cut && (f->unmet || !f->goal)) {
		*reason = g_strdup_printf("interrupted%s%s", f->unmet ? ": " : "",
					  f->unmet ? f->unmet : "");
		return VERDICT_UNEXPOSED;
	}
	if (f->impairment && f->impairment->kind->effect == IMPAIRMENT_UNEXPOSED) {
		*reason = impairment_text(f->impairment);
		return VERDICT_UNEXPOSED;
	}
	if (f->unmet) {
		*reason = g_strdup(f->unmet);
		return VERDICT_UNEXPOSED;
	}
	*reason = g_strdup_printf("%u of %u ops ran %s%s%s", ran, f->op_count,
				  f->cut ? "until interrupted, after their goal" : "to the end",
				  first_idle ? "; " : "", first_idle ? first_idle : "");
	return VERDICT_CLEAN;
}

static Verdict died(const VerdictFacts *f, char **reason)
{
	*reason = g_strdup_printf("%s died of a known issue: %s%s%s",
				  f->done ? "a task of the guest" : "the guest", f->known,
				  f->unmet ? "; " : "", f->unmet ? f->unmet : "");
	return VERDICT_KNOWN;
}

/* @what: (transfer full) */
static Verdict hangs(const VerdictFacts *f, char *what, char **reason)
{
	if (!f->known_hang) {
		*reason = what;
		return VERDICT_HANG;
	}
	*reason = g_strdup_printf("a known issue: %s: %s%s%s", f->known_hang, what,
				  f->unmet ? "; " : "", f->unmet ? f->unmet : "");
	g_free(what);
	return VERDICT_KNOWN;
}

Verdict verdict_decide(const VerdictFacts *f, char **reason)
{
	if (f->incidents) {
		*reason = g_strdup_printf("%u incident%s", f->incidents,
					  f->incidents == 1 ? "" : "s");
		return VERDICT_INCIDENT;
	}
	if (f->emulator) {
		*reason = g_strdup(f->emulator);
		return VERDICT_EMULATOR;
	}
	if (f->infra) {
		*reason = g_strdup(f->infra);
		return VERDICT_INFRA;
	}
	if (f->endless)
		return hangs(f, g_strdup(f->endless), reason);
	/* A machine that ends of itself has not died of what its guest met. */
	if (f->known && !f->done && !f->interrupted && (!f->exited || f->reset))
		return died(f, reason);
	if (f->quiet) {
		char *what = g_strdup_printf("no word from the agent %s", f->quiet);

		if (f->console)
			return hangs(f, what, reason);
		/* Not one byte on the console: it never ran, and that is not the kernel's doing. */
		*reason = what;
		return VERDICT_INFRA;
	}
	if (!f->done && f->exited && !f->interrupted) {
		*reason = g_strdup_printf("QEMU ended: %s", f->exited);
		return VERDICT_LOST;
	}
	if (!f->done) {
		*reason = g_strdup(f->interrupted ? "interrupted before the end-of-run line"
						  : "no end-of-run line");
		return f->interrupted ? VERDICT_UNEXPOSED : VERDICT_LOST;
	}
	if (f->impairment && f->impairment->kind->effect == IMPAIRMENT_INFRA) {
		*reason = impairment_text(f->impairment);
		return VERDICT_INFRA;
	}
	if (f->fatal && !f->cut)
		return died(f, reason);
	return judge_ops(f, reason);
}
