/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The automaton of scan.h. */
#include <string.h>

#include "harness/splat/record.h"
#include "harness/splat/rules.h"
#include "harness/splat/scan.h"

#define CLASSES 90 /* byte classes: every byte that a beginning uses, and one for the rest */

#define FILTER_BITS    14  /* of the hash of a beginning's first characters */
#define UNFINISHED_MIN 4   /* characters of a beginning that must stand at a line's end */
#define LENGTH_MAX     120 /* no beginning is longer */

/* In the fast table, of a state where a beginning ends. */
#define FOUND 0x80000000u

/* In the filter, of four characters: a beginning's first ones, or those from its second one on. */
enum { AT_FIRST = 1 << 0, AT_SECOND = 1 << 1 };

struct SplatScan {
	guint8 class_of[256];
	guint16 (*next)[CLASSES];
	guint32 *fast;	    /* the same, with states as offsets into it and marked as FOUND */
	guint16 *output;    /* of a state: index + 1 of a rule list, 0 none */
	guint16 *shorter;   /* of a state: the next state down that has output */
	guint16 *rule_next; /* of a rule: the next rule with the same beginning, + 1 */
	guint8 *length;	    /* of a rule's beginning */
	guint8 *depth;	    /* of a state */
	guint8 filter[1 << FILTER_BITS]; /* of four characters' hash: AT_FIRST, AT_SECOND */
};

#define ESCAPE 0x1b

/*
 * What else is worth a look: a line with an escape sequence, which may stand within a beginning,
 * lines of records, which belong together, and page dumps, which may come before their BUG. All
 * but the first have four characters at least, as beginnings have.
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

static inline guint32 load4(const char *s)
{
	guint32 v;

	memcpy(&v, s, sizeof(v));
	return v;
}

static inline guint64 load8(const char *s)
{
	guint64 v;

	memcpy(&v, s, sizeof(v));
	return v;
}

static inline guint filter_hash(guint32 four)
{
	return four * 0x9e3779b1u >> (32 - FILTER_BITS);
}

static void build_filter(SplatScan *scan)
{
	for (guint i = 0; i < beginnings_count(); i++) {
		const char *s = beginning(i);
		char four[4];

		if (*s == ESCAPE)
			continue;
		g_assert(beginning_length(s) >= 4);
		scan->filter[filter_hash(load4(s))] |= AT_FIRST;
		memcpy(four, s + 1, sizeof(four));
		if (beginning_length(s) > 4) {
			scan->filter[filter_hash(load4(four))] |= AT_SECOND;
			continue;
		}
		for (guint c = 0; c < 256; c++) { /* anything may stand behind it */
			four[3] = (char)c;
			scan->filter[filter_hash(load4(four))] |= AT_SECOND;
		}
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
	build_filter(scan);
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

static inline gboolean has_escape(guint64 eight)
{
	const guint64 ones = ~(guint64)0 / 255;
	guint64 x = eight ^ ones * ESCAPE;

	return ((x - ones) & ~x & ones << 7) != 0;
}

static inline gboolean is_first(const SplatScan *scan, const char *s)
{
	return (scan->filter[filter_hash(load4(s))] & AT_FIRST) != 0;
}

/*
 * The first place in [s, end) where a beginning may stand, or with @escapes an escape character;
 * else @end. Looks at four characters at every other place: many times as fast as the automaton,
 * which waits for each character's state.
 */
static inline const char *find_candidate(const SplatScan *scan, const char *s, const char *end,
					 gboolean escapes)
{
	const guint8 *filter = scan->filter;
	const char *start = s;

	while (end - s >= 4) {
		for (; end - s >= 12; s += 8) {
			guint any = 0;

			for (guint i = 0; i < 8; i += 2)
				any |= filter[filter_hash(load4(s + i))];
			if (G_UNLIKELY(any) || (escapes && G_UNLIKELY(has_escape(load8(s)))))
				break;
		}
		for (guint i = 0; i < 4 && end - s >= 4; i++, s += 2) {
			guint found = filter[filter_hash(load4(s))];

			if (found & AT_SECOND && s > start && is_first(scan, s - 1))
				return s - 1;
			if (found & AT_FIRST || (escapes && *s == ESCAPE))
				return s;
			if (escapes && s[1] == ESCAPE)
				return s + 1;
		}
	}
	if (end - s == 3 && s > start && is_first(scan, s - 1))
		return s - 1;
	if (escapes)
		while (s < end && *s != ESCAPE)
			s++;
	return escapes ? s : end;
}

const char *splat_scan_any(const SplatScan *scan, const char *s, const char *end)
{
	const guint32 *fast = scan->fast;

	while ((s = find_candidate(scan, s, end, TRUE)) < end) {
		guint32 state = 0;

		do {
			state = fast[state + scan->class_of[(guchar)*s++]];
			if (G_UNLIKELY(state & FOUND))
				return s;
		} while (state && s < end);
	}
	return NULL;
}

gboolean splat_scan_quiet(const SplatScan *scan, const char *s, const char *end)
{
	const guint32 *fast = scan->fast;

	while ((s = find_candidate(scan, s, end, FALSE)) < end) {
		guint32 state = 0;

		do {
			state = fast[state + scan->class_of[(guchar)*s++]];
			if (state & FOUND)
				return FALSE;
		} while (state && s < end);
		if (state && scan->depth[state / CLASSES] >= UNFINISHED_MIN)
			return FALSE;
	}
	return TRUE;
}

gboolean splat_scan_unfinished(const SplatScan *scan, const char *s, const char *end)
{
	guint state = 0;

	s = end - s > LENGTH_MAX ? end - LENGTH_MAX : s;
	for (; s < end; s++)
		state = scan->next[state][scan->class_of[(guchar)*s]];
	return is_unfinished(scan, state);
}

static gboolean is_before(const SplatHit *a, const SplatHit *b)
{
	return a->at != b->at ? a->at < b->at : a->rule < b->rule;
}

/* There are few, and most come in order. */
static void sort_hits(SplatHit *hits, guint n)
{
	for (guint i = 1; i < n; i++) {
		SplatHit hit = hits[i];
		guint j = i;

		for (; j && is_before(&hit, &hits[j - 1]); j--)
			hits[j] = hits[j - 1];
		hits[j] = hit;
	}
}

/* Adds the beginnings that end before @s, where the automaton is in @state. */
static guint add_hits(const SplatScan *scan, guint16 state, const char *s, SplatHit *hits, guint n,
		      guint max)
{
	guint16 from = scan->output[state] ? state : scan->shorter[state];

	for (; from; from = scan->shorter[from])
		for (guint r = scan->output[from]; r && n < max; r = scan->rule_next[r - 1]) {
			if (r > splat_rules_count)
				continue;
			hits[n].rule = r - 1;
			hits[n++].at = s - scan->length[r - 1];
		}
	return n;
}

guint splat_scan_all(const SplatScan *scan, const char *s, const char *end, SplatHit *hits,
		     guint max)
{
	guint n = 0;

	while ((s = find_candidate(scan, s, end, FALSE)) < end) {
		guint16 state = 0;

		do {
			state = scan->next[state][scan->class_of[(guchar)*s++]];
			if (G_UNLIKELY(scan->output[state] || scan->shorter[state]))
				n = add_hits(scan, state, s, hits, n, max);
		} while (state && s < end);
	}
	sort_hits(hits, n);
	return n;
}
