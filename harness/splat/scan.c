/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The automaton of scan.h. */
#include <stdlib.h>
#include <string.h>

#include "harness/splat/record.h"
#include "harness/splat/rules.h"
#include "harness/splat/scan.h"

#define CLASSES 90 /* byte classes: every byte that a beginning uses, and one for the rest */

#define UNFINISHED_MIN 4   /* so much of a beginning must stand at the end of a line */
#define LENGTH_MAX     120 /* no beginning is longer */

/* In the fast table, of a state where a beginning ends. */
#define FOUND 0x80000000u

struct SplatScan {
	guint8 class_of[256];
	guint16 (*next)[CLASSES];
	guint32 *fast;	    /* the same, with states as offsets into it and marked as FOUND */
	guint16 *output;    /* of a state: index + 1 of a rule list, 0 none */
	guint16 *shorter;   /* of a state: the next state down that has output */
	guint16 *rule_next; /* of a rule: the next rule with the same beginning, + 1 */
	guint8 *length;	    /* of a rule's beginning */
	gboolean quiet[256];
	guint8 *depth; /* of a state */
};

/*
 * What else is worth a look: a line with an escape sequence, which may stand within a beginning,
 * lines of records, which belong together, and page dumps, which may come before their BUG.
 */
static const char *const marks[] = {"\033", "\"MESSAGE\":[", "page:"};

static guint beginnings_count(void)
{
	return splat_rules_count + (guint)G_N_ELEMENTS(marks) +
	       (guint)g_strv_length((char **)splat_record_marks);
}

/* The rules', then the marks. */
static const char *beginning(guint i)
{
	if (i < splat_rules_count)
		return splat_rules[i].pattern;
	i -= splat_rules_count;
	return i < G_N_ELEMENTS(marks) ? marks[i] : splat_record_marks[i - G_N_ELEMENTS(marks)];
}

static gsize beginning_length(const char *pattern)
{
	const char *stop = strchr(pattern, '%');

	return stop ? (gsize)(stop - pattern) : strlen(pattern);
}

/* Puts the beginnings into the trie. Returns the number of states. */
static guint build_trie(SplatScan *scan)
{
	guint classes = 1, states = 1;

	scan->class_of['\n'] = (guint8)classes++;

	for (guint r = 0; r < beginnings_count(); r++) {
		const char *pattern = beginning(r);
		gsize len = beginning_length(pattern);
		guint state = 0;

		g_assert(len <= G_MAXUINT8);
		for (gsize i = 0; i < len; i++) {
			guint8 *class = &scan->class_of[(guchar)pattern[i]];

			if (!*class)
				*class = (guint8)classes++;
			g_assert(classes < CLASSES);
			if (!scan->next[state][*class]) {
				scan->depth[states] = (guint8)(i + 1);
				scan->next[state][*class] = (guint16)states++;
			}
			state = scan->next[state][*class];
		}
		scan->length[r] = (guint8)len;
		if (!scan->output[state]) {
			scan->output[state] = (guint16)(r + 1);
		} else {
			guint16 *link = &scan->rule_next[scan->output[state] - 1];

			while (*link)
				link = &scan->rule_next[*link - 1];
			*link = (guint16)(r + 1);
		}
	}
	return states;
}

/* Turns the trie into the automaton, breadth first. */
static void link_states(SplatScan *scan, guint states)
{
	g_autofree guint16 *queue = g_new(guint16, states);
	g_autofree guint16 *fail = g_new0(guint16, states);
	guint head = 0, tail = 0;

	for (guint c = 0; c < CLASSES; c++)
		if (scan->next[0][c])
			queue[tail++] = scan->next[0][c];
	while (head < tail) {
		guint16 state = queue[head++];
		guint16 down = fail[state];

		scan->shorter[state] = scan->output[down] ? down : scan->shorter[down];
		for (guint c = 0; c < CLASSES; c++) {
			guint16 child = scan->next[state][c];

			if (!child) {
				scan->next[state][c] = scan->next[down][c];
				continue;
			}
			fail[child] = scan->next[down][c];
			queue[tail++] = child;
		}
	}
}

/* TRUE when a beginning that got as far as @state goes on with a blank. */
static gboolean is_unfinished(const SplatScan *scan, guint state)
{
	guint16 child = scan->next[state][scan->class_of[' ']];

	return scan->depth[state] >= UNFINISHED_MIN && scan->depth[child] == scan->depth[state] + 1;
}

static void build_fast(SplatScan *scan, guint states)
{
	scan->fast = g_new(guint32, (gsize)states * CLASSES);
	for (guint state = 0; state < states; state++)
		for (guint c = 0; c < CLASSES; c++) {
			guint16 next = scan->next[state][c];
			guint32 found = scan->output[next] || scan->shorter[next] ||
							(c == scan->class_of['\n'] &&
							 is_unfinished(scan, state))
						? FOUND
						: 0;

			scan->fast[state * CLASSES + c] = next * CLASSES | found;
		}
}

/* Of registers and of code: "RAX: 0000000000000000", "Code: 48 8b <0f> 0b". */
static void build_quiet(SplatScan *scan)
{
	for (const char *c = "0123456789abcdefABCDEFxRSPILX: <>()\t"; *c; c++)
		scan->quiet[(guchar)*c] = TRUE;
	for (guint i = 0; i < beginnings_count(); i++) {
		const char *s = beginning(i);
		gsize len = beginning_length(s);

		g_assert(!splat_scan_quiet(scan, s, s + len));
	}
}

static SplatScan *scan_build(void)
{
	SplatScan *scan = g_new0(SplatScan, 1);
	gsize most = 1;
	guint states;

	for (guint r = 0; r < beginnings_count(); r++)
		most += beginning_length(beginning(r));
	g_assert(most < G_MAXUINT16);
	scan->next = g_malloc0_n(most, sizeof(*scan->next));
	scan->output = g_new0(guint16, most);
	scan->shorter = g_new0(guint16, most);
	scan->rule_next = g_new0(guint16, beginnings_count());
	scan->depth = g_new0(guint8, most);
	scan->length = g_new0(guint8, beginnings_count());
	states = build_trie(scan);
	link_states(scan, states);
	build_fast(scan, states);
	build_quiet(scan);
	return scan;
}

const SplatScan *splat_scan_get(void)
{
	static gsize ready;
	static SplatScan *scan;

	if (g_once_init_enter(&ready)) {
		scan = scan_build();
		g_once_init_leave(&ready, 1);
	}
	return scan;
}

const char *splat_scan_any(const SplatScan *scan, const char *s, const char *end)
{
	const guint32 *fast = scan->fast;
	guint32 state = 0;

	for (; s < end; s++) {
		state = fast[state + scan->class_of[(guchar)*s]];
		if (G_UNLIKELY(state & FOUND))
			return s + 1;
	}
	return NULL;
}

gboolean splat_scan_quiet(const SplatScan *scan, const char *s, const char *end)
{
	if (splat_starts(s, end, "Code: "))
		s += strlen("Code: ");
	while (s < end && scan->quiet[(guchar)*s])
		s++;
	return s == end;
}

gboolean splat_scan_unfinished(const SplatScan *scan, const char *s, const char *end)
{
	guint state = 0;

	s = end - s > LENGTH_MAX ? end - LENGTH_MAX : s;
	for (; s < end; s++)
		state = scan->next[state][scan->class_of[(guchar)*s]];
	return is_unfinished(scan, state);
}

static int compare_hits(const void *a, const void *b)
{
	const SplatHit *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

guint splat_scan_all(const SplatScan *scan, const char *s, const char *end, SplatHit *hits,
		     guint max)
{
	guint16 state = 0;
	guint n = 0;

	if (!splat_scan_any(scan, s, end))
		return 0;
	for (; s < end; s++) {
		guint16 from;

		state = scan->next[state][scan->class_of[(guchar)*s]];
		from = scan->output[state] ? state : scan->shorter[state];
		for (; G_UNLIKELY(from); from = scan->shorter[from]) {
			for (guint r = scan->output[from]; r && n < max;
			     r = scan->rule_next[r - 1]) {
				if (r > splat_rules_count)
					continue;
				hits[n].rule = r - 1;
				hits[n++].at = s + 1 - scan->length[r - 1];
			}
		}
	}
	if (n > 1)
		qsort(hits, n, sizeof(*hits), compare_hits);
	return n;
}
