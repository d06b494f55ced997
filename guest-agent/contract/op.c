// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The op table and the checks on op parameters: everything about ops that needs no kernel.
 * The host uses this file to list ops and to refuse a bad scenario before anything boots.
 */
#include "guest-agent/contract/op.h"
#include "guest-agent/contract/op-table.h"
#include "guest-agent/contract/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct op *const table[] = {
#define X(id) &op_##id,
	OP_TABLE(X)
#undef X
};

static const char *const sched_choices[] = {"other", "idle", "batch", "fifo", NULL};

const struct op_param op_core_params[] = {
	{.name = "cpu",
	 .type = OP_PARAM_INT,
	 .def = "-1",
	 .min = -1,
	 .max = 1023,
	 .help = "CPU to run on; -1: hammers and walkers are spread over the CPUs, observers run "
		 "on any"},
	{.name = "sched",
	 .type = OP_PARAM_ENUM,
	 .def = "other",
	 .choices = sched_choices,
	 .help = "scheduling class"},
	{.name = "pace-us",
	 .type = OP_PARAM_INT,
	 .def = "0",
	 .max = 60000000,
	 .help = "sleep between steps"},
	{.name = "start-delay-ms",
	 .type = OP_PARAM_INT,
	 .def = "0",
	 .max = 3600000,
	 .help = "sleep before the first step"},
	{NULL},
};

const struct op *op_get(size_t i)
{
	return i < sizeof(table) / sizeof(table[0]) ? table[i] : NULL;
}

const struct op *op_find(const char *name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(table[i]->name, name))
			return table[i];
	return NULL;
}

const char *op_kind_name(enum op_kind kind)
{
	static const char *const names[OP_KINDS] = {
		[OP_HAMMER] = "hammer", [OP_WALKER] = "walker", [OP_OBSERVER] = "observer"};

	return names[kind];
}

const char *op_walker(const struct op *op)
{
	return op->same_as ? op->same_as : op->name;
}

const struct op_param *op_param_get(const struct op *op, size_t i)
{
	const struct op_param *tables[] = {op->params, op_core_params};

	for (size_t t = 0; t < 2; t++)
		for (const struct op_param *param = tables[t]; param && param->name; param++)
			if (i-- == 0)
				return param;
	return NULL;
}

const struct op_param *op_param_find(const struct op *op, const char *key)
{
	const struct op_param *param;

	for (size_t i = 0; (param = op_param_get(op, i)); i++)
		if (!strcmp(param->name, key))
			return param;
	return NULL;
}

/* Joins names with '|' into @buf, cutting at its end. */
static void join(char *buf, size_t size, const char *const *names)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; names[i] && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", i ? "|" : "", names[i]);
}

const char *op_param_form(const struct op_param *param, char *buf, size_t size)
{
	switch (param->type) {
	case OP_PARAM_INT:
		snprintf(buf, size, "%lld..%lld", (long long)param->min, (long long)param->max);
		break;
	case OP_PARAM_BOOL:
		snprintf(buf, size, "0|1");
		break;
	case OP_PARAM_ENUM:
		join(buf, size, param->choices);
		break;
	case OP_PARAM_TEXT:
		snprintf(buf, size, "%s", param->form);
		break;
	}
	return buf;
}

static int choice_index(const struct op_param *param, const char *value)
{
	for (int i = 0; param->choices[i]; i++)
		if (!strcmp(param->choices[i], value))
			return i;
	return -EINVAL;
}

static int value_check(const struct op_param *param, const char *value)
{
	int64_t number;
	int ret;

	switch (param->type) {
	case OP_PARAM_INT:
		ret = wire_text_s64(value, &number);
		if (!ret && (number < param->min || number > param->max))
			ret = -ERANGE;
		return ret;
	case OP_PARAM_BOOL:
		return !strcmp(value, "0") || !strcmp(value, "1") ? 0 : -EINVAL;
	case OP_PARAM_ENUM:
		ret = choice_index(param, value);
		return ret < 0 ? ret : 0;
	case OP_PARAM_TEXT:
		return param->valid(value) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

int op_param_check(const struct op *op, const char *key, const char *value, char *err, size_t size)
{
	const struct op_param *param = op_param_find(op, key);
	char form[512];
	int ret;

	if (!param) {
		const char *names[64] = {NULL};

		for (size_t i = 0; i < 63 && (param = op_param_get(op, i)); i++)
			names[i] = param->name;
		join(form, sizeof(form), names);
		snprintf(err, size, "op %s has no parameter '%s'; it has %s", op->name, key, form);
		return -ENOENT;
	}
	ret = value_check(param, value);
	if (ret)
		snprintf(err, size, "op %s: %s=%s is not valid; it takes %s", op->name, key, value,
			 op_param_form(param, form, sizeof(form)));
	return ret;
}

int op_plan_parse(struct op_plan *plan, const struct wire_msg *msg, char *err, size_t size)
{
	const char *name = wire_get(msg, "name");
	uint64_t inst;
	int ret = 0;

	memset(plan, 0, sizeof(*plan));
	if (!name || !(plan->op = op_find(name))) {
		snprintf(err, size, "no op is called '%s'", name ? name : "");
		return -ENOENT;
	}
	if (wire_get_u64(msg, "inst", &inst) || inst >= OP_INST_MAX) {
		snprintf(err, size, "op %s: inst must be 0..%d", name, OP_INST_MAX - 1);
		return -EINVAL;
	}
	plan->inst = (unsigned int)inst;
	for (unsigned int i = 0; i < msg->kv_count && !ret; i++) {
		const struct wire_kv *kv = &msg->kv[i];

		if (!strcmp(kv->key, "name") || !strcmp(kv->key, "inst"))
			continue;
		ret = op_param_check(plan->op, kv->key, kv->value, err, size);
		if (ret)
			break;
		if (plan->kv_count == sizeof(plan->kv) / sizeof(plan->kv[0])) {
			snprintf(err, size, "op %s: too many parameters", name);
			ret = -E2BIG;
			break;
		}
		plan->kv[plan->kv_count].param = op_param_find(plan->op, kv->key);
		plan->kv[plan->kv_count].value = strdup(kv->value);
		if (!plan->kv[plan->kv_count++].value)
			ret = -ENOMEM;
	}
	if (ret)
		op_plan_clear(plan);
	return ret;
}

void op_plan_clear(struct op_plan *plan)
{
	for (unsigned int i = 0; i < plan->kv_count; i++)
		free(plan->kv[i].value);
	memset(plan, 0, sizeof(*plan));
}

static const char *plan_value(const struct op_plan *plan, const char *key, enum op_param_type type,
			      const struct op_param **param)
{
	*param = op_param_find(plan->op, key);
	if (!*param || (*param)->type != type)
		abort();
	for (unsigned int i = 0; i < plan->kv_count; i++)
		if (plan->kv[i].param == *param)
			return plan->kv[i].value;
	return (*param)->def;
}

int64_t op_int(const struct op_plan *plan, const char *key)
{
	const struct op_param *param;
	int64_t value = 0;

	wire_text_s64(plan_value(plan, key, OP_PARAM_INT, &param), &value);
	return value;
}

bool op_bool(const struct op_plan *plan, const char *key)
{
	const struct op_param *param;

	return plan_value(plan, key, OP_PARAM_BOOL, &param)[0] == '1';
}

unsigned int op_enum(const struct op_plan *plan, const char *key)
{
	const struct op_param *param;
	const char *value = plan_value(plan, key, OP_PARAM_ENUM, &param);

	return (unsigned int)choice_index(param, value);
}

const char *op_text(const struct op_plan *plan, const char *key)
{
	const struct op_param *param;

	return plan_value(plan, key, OP_PARAM_TEXT, &param);
}
