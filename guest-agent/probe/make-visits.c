// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run when pfnhunt is built: prints the functions that the ops are seen by as lists for the
 * preprocessor, for the programs in the kernel are made of them before there is an op table.
 *
 * PROBE_OWN: X(id, walker, function, HOW, ARG, ARGNAME), functions that only this walker calls.
 * PROBE_SHARED: X(id, function, HOW, ARG, ARGNAME), functions that several call.
 * PROBE_TASK: X(id, walker, id of PROBE_SHARED), one of those in the threads of a walker.
 */
#include <stdio.h>
#include <string.h>

#include "guest-agent/contract/op.h"

static const char *const hows[] = {
#define X(id) #id,
	PROBE_HOWS(X)
#undef X
};

/* Does an op before @op name @func as well? */
static bool named_before(const struct op *op, const char *func)
{
	for (size_t i = 0; op_get(i) != op; i++)
		for (const struct op_visit *v = op_get(i)->visits; v && v->func; v++)
			if (!strcmp(v->func, func))
				return true;
	return false;
}

static void print_how(const struct op_visit *v)
{
	printf(", %s, %s, %u, \"%s\")", v->func, hows[v->how], v->arg, v->argname);
}

static void print_own(const struct op *op, const struct op_visit *v)
{
	if (v->shared)
		return;
	printf(" \\\n\tX(%s, \"%s\"", v->func, op_walker(op));
	print_how(v);
}

static void print_shared(const struct op *op, const struct op_visit *v)
{
	if (!v->shared || named_before(op, v->func))
		return;
	printf(" \\\n\tX(%s", v->func);
	print_how(v);
}

/* An identifier of the op's name: no function is called so. */
static void print_task(const struct op *op, const struct op_visit *v)
{
	if (!v->shared)
		return;
	printf(" \\\n\tX(of_");
	for (const char *c = op->name; *c; c++)
		putchar(*c == '-' ? '_' : *c);
	printf(", \"%s\", %s)", op_walker(op), v->func);
}

static void print_list(const char *name, void (*print)(const struct op *, const struct op_visit *))
{
	const struct op *op;

	printf("\n#define %s(X)", name);
	for (size_t i = 0; (op = op_get(i)); i++)
		for (const struct op_visit *v = op->visits; v && v->func; v++)
			print(op, v);
	printf("\n");
}

int main(void)
{
	printf("/* Made of the op table by make-visits.c. */\n#ifndef PFNHUNT_PROBE_VISITS_H\n"
	       "#define PFNHUNT_PROBE_VISITS_H\n");
	print_list("PROBE_OWN", print_own);
	print_list("PROBE_SHARED", print_shared);
	print_list("PROBE_TASK", print_task);
	printf("\n#endif\n");
	return 0;
}
