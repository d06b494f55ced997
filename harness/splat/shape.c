/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shapes of shape.h. */
#include <stdlib.h>

#include "harness/splat/shape.h"

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

SplatText splat_bare_name(SplatText name)
{
	static const char *const suffixes[] = {".isra.", ".part.", ".constprop.", ".cold",
					       ".llvm.", ".cfi",   ".lto_priv.",  ".ctor"};
	const char *end = name.s + name.len, *dot;

	for (dot = memchr(name.s, '.', name.len); dot;
	     dot = memchr(dot + 1, '.', (gsize)(end - dot - 1))) {
		for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++)
			if (dot > name.s && splat_starts(dot, end, suffixes[i]))
				return (SplatText){name.s, (gsize)(dot - name.s)};
		/* "func.1234": a local clone */
		if (dot > name.s && dot + 1 < end && g_ascii_isdigit(dot[1]))
			return (SplatText){name.s, (gsize)(dot - name.s)};
	}
	return name;
}

/* "<IRQ>", "</TASK>", "<#DF>", "<<EOE>>": takes them off, and notes the end of a task's stack. */
static const char *read_marks(const char *s, const char *end, SplatShape *shape)
{
	for (;;) {
		const char *p = s;

		while (p < end && *p == '<')
			p++;
		if (p == s)
			return s;
		while (p < end && (g_ascii_isupper(*p) || *p == '/' || *p == '#'))
			p++;
		if (p == end || *p != '>')
			return s;
		if (splat_starts(s, end, "</TASK>"))
			shape->task_off = TRUE;
		while (p < end && *p == '>')
			p++;
		s = skip_blanks(p, end);
	}
}

/* "[<ffff...>]", "[ffff...]", "[<   inline   >]" before a frame. */
static const char *read_addresses(const char *s, const char *end, gboolean *inlined)
{
	while (s < end && *s == '[') {
		const char *close = memchr(s, ']', (gsize)(end - s));
		const char *p = s + 1;

		if (!close)
			return s;
		while (p < close && (g_ascii_isxdigit(*p) || strchr("<> ", *p)))
			p++;
		if (splat_find(s, close, "inline"))
			*inlined = TRUE;
		else if (p < close)
			return s;
		s = skip_blanks(close + 1, end);
	}
	return s;
}

static gboolean read_frame(const char *s, const char *end, SplatShape *shape)
{
	gboolean inlined = FALSE, address;
	const char *start, *after, *from;

	if (splat_starts(s, end, "([<")) { /* s390 has the caller by its register in brackets */
		s++;
		end -= end[-1] == ')';
	}
	start = s;
	s = read_addresses(s, end, &inlined);
	address = s != start;
	if (s < end && *s == '(' && address) {
		s++; /* ARM: "[<8010>] (func) from [<8011>] (caller+0x1/0x2)" */
		after = splat_match_symbol(s, end, FALSE, &shape->name);
		if (!after || after == end || *after != ')')
			return FALSE;
		shape->raw = (SplatText){s, (gsize)(after - s)};
		return TRUE;
	}
	if (splat_starts(s, end, "? ")) {
		shape->maybe = TRUE;
		s += 2;
	}
	after = splat_match_symbol(s, end, FALSE, &shape->name);
	if (!after)
		return address && skip_blanks(s, end) == end && shape->maybe;
	shape->raw = (SplatText){s, (gsize)(after - s)};
	from = splat_starts(after, end, " from ") ? after + 6 : NULL;
	if (after < end && *after != ' ' && *after != '\t' && *after != '(')
		return FALSE;
	if (memmem(s, (gsize)(after - s), "+0x", 3)) {
		/* a frame ends here, but for a source position or a build id */
		after = skip_blanks(after, end);
		return after == end || *after == '(' || *after == '[' ||
		       splat_source_follows(after, end) || splat_starts(after, end, "from ");
	}
	if (from) {
		SplatText caller;

		return splat_match_symbol(from, end, TRUE, &caller) != NULL;
	}
	after = skip_blanks(after, end);
	if (splat_starts(after, end, "(")) /* of decode_stacktrace.sh; "(" alone is prose */
		return splat_source_follows(after, end);
	/* a function that was inlined: what is not symbolized has none, so it must not name it */
	shape->maybe = TRUE;
	return inlined || splat_source_follows(after, end);
}

/* "... Tainted: G        W          6.1.0-56-amd64 #1 ...": the word before the "#". */
static SplatText read_release(const char *s, const char *end)
{
	const char *stop = splat_find(s, end, " #"), *start = stop;

	while (start && start > s && start[-1] != ' ')
		start--;
	if (!start || start == stop || !g_ascii_isdigit(*start))
		return (SplatText){0};
	return (SplatText){start, (gsize)(stop - start)};
}

static gboolean read_cpu(const char *s, const char *end, SplatShape *shape)
{
	SplatMatch match;

	if (*s != 'C' && *s != 'P')
		return FALSE;
	if (!splat_match("CPU: %c PID: %p Comm: %t ", s, end, &match) &&
	    !splat_match("CPU: %c UID: %d PID: %p Comm: %t ", s, end, &match) &&
	    !splat_match("Pid: %p, comm: %t ", s, end, &match) &&
	    !splat_match("CPU: %c ", s, end, &match))
		return FALSE;
	shape->kind = SHAPE_CPU;
	shape->cpu = match.cpu;
	shape->pid = match.pid;
	shape->task = match.task;
	shape->release = read_release(s, end);
	return TRUE;
}

/* A bare address, but not a function whose name begins like one. */
static const char *skip_address(const char *s, const char *end)
{
	const char *p = s;

	while (p < end && g_ascii_isxdigit(*p))
		p++;
	return p - s >= 8 && p < end && *p == ' ' ? p + 1 : s;
}

/* "0404c00180000000 0000000000431f8e (foo_fn+0x62/0x7c)" of s390 */
static const char *skip_psw(const char *s, const char *end)
{
	const char *bracket = memchr(s, '(', (gsize)(end - s));

	return bracket ? bracket + 1 : end;
}

static gboolean read_rip(const char *s, const char *end, SplatShape *shape)
{
	static const char *const heads[] = {"RIP: ",	 "IP: ",       "EIP: ",	 "EIP is at ",
					    "PC is at ", "pc : ",      "epc : ", "NIP ",
					    "epc   : ",	 "Krnl PSW : "};
	const char *symbol;

	for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
		if (*s != *heads[i] || !splat_starts(s, end, heads[i]))
			continue;
		s += strlen(heads[i]);
		shape->kind = SHAPE_RIP;
		if (splat_starts(s, end, "0033:") || splat_starts(s, end, "0023:") ||
		    splat_starts(s, end, "002b:")) {
			shape->user = TRUE;
			return TRUE;
		}
		if (heads[i][0] == 'K')
			s = skip_psw(s, end);
		if (splat_starts(s, end, "0010:") || splat_starts(s, end, "0060:"))
			s += 5;
		/* "[<addr>]  [<addr>] func+0x1/0x2" or "[<addr>] lr : ..." */
		while (s < end && *s == '[') {
			symbol = memchr(s, ']', (gsize)(end - s));
			if (!symbol)
				return TRUE;
			s = skip_blanks(symbol + 1, end);
		}
		s = skip_address(s, end);
		symbol = splat_match_symbol(s, end, TRUE, &shape->name);
		if (symbol)
			shape->raw = (SplatText){s, (gsize)(symbol - s)};
		else
			shape->name.len = 0;
		return TRUE;
	}
	return FALSE;
}

/* "lr : func+0x1/0x2" of arm64 */
static gboolean read_link(const char *s, const char *end, SplatShape *shape)
{
	const char *after;

	if (!splat_starts(s, end, "lr : "))
		return FALSE;
	s += 5;
	after = splat_match_symbol(s, end, TRUE, &shape->name);
	shape->kind = after ? SHAPE_LINK : SHAPE_REGS;
	if (after)
		shape->raw = (SplatText){s, (gsize)(after - s)};
	else
		shape->name.len = 0;
	return TRUE;
}

typedef struct {
	const char *head;
	SplatShapeKind kind;
	SplatSection section;
} Head;

static const Head heads[] = {
	{"Call Trace:", SHAPE_TRACE, SECTION_MAIN},
	{"Call trace:", SHAPE_TRACE, SECTION_MAIN},
	{"Backtrace:", SHAPE_TRACE, SECTION_MAIN},
	{"backtrace:", SHAPE_TRACE, SECTION_MAIN},
	{"backtrace (", SHAPE_TRACE, SECTION_MAIN},
	{"---[ end ", SHAPE_END, SECTION_MAIN},
	{"------------[ cut here ]", SHAPE_CUT, SECTION_MAIN},
	{"======", SHAPE_RULER, SECTION_MAIN},
	{"page:", SHAPE_PAGE, SECTION_MAIN},
	{"page dumped because: ", SHAPE_PAGE_WHY, SECTION_MAIN},
	{"page_type: ", SHAPE_PAGE_GO, SECTION_MAIN},
	{"flags: 0x", SHAPE_PAGE_GO, SECTION_MAIN},
	{"anon flags: 0x", SHAPE_PAGE_GO, SECTION_MAIN},
	{"ksm flags: 0x", SHAPE_PAGE_GO, SECTION_MAIN},
	{"raw: ", SHAPE_PAGE_GO, SECTION_MAIN},
	{"head: ", SHAPE_PAGE_GO, SECTION_MAIN},
	{"aops:", SHAPE_PAGE_GO, SECTION_MAIN},
	{"memcg:", SHAPE_PAGE_GO, SECTION_MAIN},
	{"Read of size ", SHAPE_ACCESS, SECTION_MAIN},
	{"Read at addr ", SHAPE_ACCESS, SECTION_MAIN},
	{"Write of size ", SHAPE_ACCESS, SECTION_MAIN},
	{"Write at addr ", SHAPE_ACCESS, SECTION_MAIN},
	{"stack backtrace:", SHAPE_SECTION, SECTION_MAIN},
	{"Preemption disabled at:", SHAPE_SECTION, SECTION_SIDE},
	{"RCU grace-period kthread stack dump:", SHAPE_SECTION, SECTION_TASK},
	{"rcu: RCU grace-period kthread stack dump:", SHAPE_SECTION, SECTION_TASK},
	{"rcu: Stack dump where RCU GP kthread last ran:", SHAPE_SECTION, SECTION_TASK},
	{"Allocated by task ", SHAPE_SECTION, SECTION_SIDE},
	{"Allocated:", SHAPE_SECTION, SECTION_SIDE},
	{"Freed by task ", SHAPE_SECTION, SECTION_SIDE},
	{"Freed:", SHAPE_SECTION, SECTION_SIDE},
	{"Last potentially related work creation:", SHAPE_SECTION, SECTION_SIDE},
	{"Second to last potentially related work creation:", SHAPE_SECTION, SECTION_SIDE},
	{"Uninit was ", SHAPE_SECTION, SECTION_SIDE},
	{"page last allocated via ", SHAPE_SECTION, SECTION_SIDE},
	{"page last free ", SHAPE_SECTION, SECTION_SIDE},
	{"page has been migrated", SHAPE_SECTION, SECTION_SIDE},
	{"INFO: Allocated in ", SHAPE_SECTION,
	 SECTION_MAIN}, /* who did says more than who found out */
	{"Allocated in ", SHAPE_SECTION, SECTION_MAIN},
	{"INFO: Freed in ", SHAPE_SECTION, SECTION_SIDE},
	{"Freed in ", SHAPE_SECTION, SECTION_SIDE},
	{"the existing dependency chain ", SHAPE_SECTION, SECTION_SIDE},
	{"-> #", SHAPE_SECTION, SECTION_SIDE},
	{"Showing all locks held in the system", SHAPE_SECTION, SECTION_TASK},
	{"Last Breaking-Event-Address:", SHAPE_SECTION, SECTION_SIDE},
	{"User PSW : ", SHAPE_REGS, SECTION_MAIN},
	{"NMI backtrace for cpu ", SHAPE_SECTION, SECTION_CPU},
	{"Code: ", SHAPE_CODE, SECTION_MAIN},
	{"RSP: ", SHAPE_REGS, SECTION_MAIN},
	{"RAX: ", SHAPE_REGS, SECTION_MAIN},
	{"RDX: ", SHAPE_REGS, SECTION_MAIN},
	{"RBP: ", SHAPE_REGS, SECTION_MAIN},
	{"R10: ", SHAPE_REGS, SECTION_MAIN},
	{"R13: ", SHAPE_REGS, SECTION_MAIN},
	{"FS: ", SHAPE_REGS, SECTION_MAIN},
	{"CS: ", SHAPE_REGS, SECTION_MAIN},
	{"CR2: ", SHAPE_REGS, SECTION_MAIN},
	{"DR0: ", SHAPE_REGS, SECTION_MAIN},
	{"DR3: ", SHAPE_REGS, SECTION_MAIN},
	{"PKRU: ", SHAPE_REGS, SECTION_MAIN},
	{"Stack:", SHAPE_REGS, SECTION_MAIN},
	{"Modules linked in:", SHAPE_REGS, SECTION_MAIN},
	{"Hardware name:", SHAPE_REGS, SECTION_MAIN},
	{"Workqueue: ", SHAPE_REGS, SECTION_MAIN},
	{"Tainted: ", SHAPE_REGS, SECTION_MAIN},
	{"PGD ", SHAPE_REGS, SECTION_MAIN},
	{"#PF: ", SHAPE_REGS, SECTION_MAIN},
	{"sp : ", SHAPE_REGS, SECTION_MAIN},
	{"pstate: ", SHAPE_REGS, SECTION_MAIN},
	{"task: ", SHAPE_REGS, SECTION_MAIN},
	{"Rebooting in ", SHAPE_REGS, SECTION_MAIN},
	{"Kernel Offset: ", SHAPE_REGS, SECTION_MAIN},
	{"CPU features: ", SHAPE_REGS, SECTION_MAIN},
	{"Dumping ftrace buffer", SHAPE_REGS, SECTION_MAIN},
	{"note: ", SHAPE_REGS, SECTION_MAIN},
};

/* Of a first character: the heads that begin with it, in the order of the table, as index + 1. */
static struct {
	guint8 first[256], next[G_N_ELEMENTS(heads)], len[G_N_ELEMENTS(heads)];
} by_first;

static void build_by_first(void)
{
	G_STATIC_ASSERT(G_N_ELEMENTS(heads) < G_MAXUINT8);
	for (guint i = G_N_ELEMENTS(heads); i > 0; i--) {
		guint8 *first = &by_first.first[(guchar)heads[i - 1].head[0]];

		by_first.len[i - 1] = (guint8)strlen(heads[i - 1].head);
		by_first.next[i - 1] = *first;
		*first = (guint8)i;
	}
}

/* The index + 1 of the head that [s, end) begins with, or 0. */
static guint find_head(const char *s, const char *end)
{
	static gsize ready;
	guint i;

	if (g_once_init_enter(&ready)) {
		build_by_first();
		g_once_init_leave(&ready, 1);
	}
	for (i = by_first.first[(guchar)*s]; i; i = by_first.next[i - 1])
		if ((gsize)(end - s) >= by_first.len[i - 1] &&
		    memcmp(s, heads[i - 1].head, by_first.len[i - 1]) == 0)
			break;
	return i;
}

gboolean splat_shape_has_head(const char *s, const char *end)
{
	return find_head(s, end) != 0;
}

/* "Allocated in func+0x1/0x2 age=12 cpu=1 pid=2": the stack's first frame is in its head */
static void read_allocator(const char *s, const char *end, SplatShape *shape)
{
	const char *after = splat_match_symbol(s, end, TRUE, &shape->name);

	if (after)
		shape->raw = (SplatText){s, (gsize)(after - s)};
	else
		shape->name.len = 0;
}

static gboolean read_head(const char *s, const char *end, SplatShape *shape)
{
	guint found = find_head(s, end);
	const Head *head;
	SplatMatch match;

	if (!found)
		return FALSE;
	head = &heads[found - 1];
	shape->kind = head->kind;
	shape->section = head->section;
	if (shape->section == SECTION_CPU &&
	    splat_match("NMI backtrace for cpu %c", s, end, &match))
		shape->cpu = match.cpu;
	shape->write = *s == 'W';
	if (shape->kind == SHAPE_SECTION && g_str_has_suffix(head->head, "located in "))
		read_allocator(s + by_first.len[found - 1], end, shape);
	return TRUE;
}

/* "task:kworker/0:0  state:D ...", "sh   R  running task ..." */
static gboolean read_task(const char *s, const char *end, SplatShape *shape)
{
	SplatMatch match;

	if (splat_match("task:%t ", s, end, &match)) {
		shape->task = match.task;
	} else {
		const char *blank = memchr(s, ' ', (gsize)MIN(end - s, 40));
		const char *state = blank ? skip_blanks(blank, end) : end;

		if (!splat_find(s, end, "  running task  ") &&
		    !(end - state > 12 && strchr("DSTRI", *state) && state[1] == ' ' &&
		      splat_find(state, end, " 0x")))
			return FALSE;
		shape->task = (SplatText){s, (gsize)(blank ? blank - s : 0)};
	}
	shape->kind = SHAPE_SECTION;
	/* the grace period's own thread waits, it does not stall */
	shape->section = shape->task.len > 4 && memcmp(shape->task.s, "rcu_", 4) == 0
				 ? SECTION_TASK
				 : SECTION_MAIN;
	return TRUE;
}

/* Lines that name a function or a CPU without being a frame. */
static gboolean read_said(const char *s, const char *end, SplatShape *shape)
{
	const char *said = splat_find(s, end, "last function: ");
	const char *p;

	if (said && splat_match_symbol(said + 15, end, FALSE, &shape->name)) {
		shape->kind = SHAPE_SAID;
		return TRUE;
	}
	said = splat_find(s, end, "at: ");
	if (said && said > s && strchr(" \t", said[-1]) &&
	    splat_match_symbol(said + 4, end, TRUE, &shape->name)) {
		shape->kind = SHAPE_SAID;
		return TRUE;
	}
	if (splat_starts(s, end, "rcu:"))
		s = skip_blanks(s + 4, end);
	for (p = s; p < end && g_ascii_isdigit(*p); p++)
		;
	if (p > s && p < end && *p == '-' && splat_find(p, end, ": (")) {
		shape->kind = SHAPE_STALLED;
		shape->cpu = atoi(s);
		return TRUE;
	}
	return FALSE;
}

/* "0x1f": its end, or NULL. */
static const char *skip_hex(const char *s, const char *end)
{
	const char *start = s + 2;

	if (end - s < 3 || s[0] != '0' || s[1] != 'x')
		return NULL;
	for (s = start; s < end && g_ascii_isxdigit(*s); s++)
		;
	return s > start ? s : NULL;
}

gboolean splat_shape_frame(const char *s, const char *end, SplatShape *shape)
{
	const char *name, *raw_end;

	s = skip_blanks(s, end);
	memset(shape, 0, sizeof(*shape));
	shape->cpu = shape->pid = -1;
	if (end - s > 2 && s[0] == '?' && s[1] == ' ') {
		shape->maybe = TRUE;
		s += 2;
	}
	name = s;
	while (s < end && splat_is_symbol_char(*s))
		s++;
	if (s == name || s == end || *s != '+' || g_ascii_isdigit(*name))
		return FALSE;
	shape->name = (SplatText){name, (gsize)(s - name)};
	s = skip_hex(s + 1, end);
	if (!s || s == end || *s != '/' || !(s = skip_hex(s + 1, end)))
		return FALSE;
	raw_end = s;
	if (end - s > 3 && s[0] == ' ' && s[1] == '[') {
		/* no dot: "[12.345678]" is a stamp */
		for (s += 2; s < end && splat_is_symbol_char(*s) && *s != '.'; s++)
			;
		if (s == end || *s != ']')
			return FALSE;
		raw_end = ++s;
	}
	shape->raw = (SplatText){name, (gsize)(raw_end - name)};
	shape->kind = SHAPE_FRAME;
	return skip_blanks(s, end) == end;
}

static gboolean ends_with(const char *s, const char *end, const char *literal)
{
	gsize len = strlen(literal);

	while (end > s && end[-1] == ' ')
		end--;
	return (gsize)(end - s) >= len && memcmp(end - len, literal, len) == 0;
}

void splat_shape(const char *s, const char *end, SplatShape *shape)
{
	const char *marks;

	memset(shape, 0, sizeof(*shape));
	shape->cpu = shape->pid = -1;
	s = skip_blanks(s, end);
	marks = s;
	s = read_marks(s, end, shape);
	if (s == end) {
		shape->kind = s > marks ? SHAPE_MARK : SHAPE_OTHER;
		return;
	}
	if (read_head(s, end, shape) || read_rip(s, end, shape) || read_link(s, end, shape) ||
	    read_cpu(s, end, shape))
		return;
	if (read_frame(s, end, shape)) {
		/* an address that has no symbol is a frame without a name */
		shape->kind = shape->name.len ? SHAPE_FRAME : SHAPE_REGS;
		return;
	}
	shape->name.len = 0;
	if (read_task(s, end, shape) || read_said(s, end, shape))
		return;
	if (ends_with(s, end, " registered at:") || ends_with(s, end, "safe at:")) {
		shape->kind = SHAPE_SECTION;
		shape->section = SECTION_SIDE;
	}
}
