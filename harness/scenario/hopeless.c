/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hopeless.h. */
#include "harness/scenario/hopeless.h"
#include "guest-agent/contract/op.h"
#include "host-driver/vm/vm.h"

#define MEMORY_BLOCK_BYTES (128ull << 20)
#define MEMMAP_SHARE	   64 /* of memory that is plugged, for its struct pages */

/* The value of an op's parameter, its default, or NULL when it has no such parameter. */
static const char *value_of(const ScenarioOp *op, const char *key)
{
	const struct op_param *param = op_param_find(op_find(op->name), key);

	for (guint i = 0; i < op->keys->len; i++)
		if (g_str_equal(g_ptr_array_index(op->keys, i), key))
			return g_ptr_array_index(op->values, i);
	return param ? param->def : NULL;
}

const char *scenario_never_partly(const Scenario *s)
{
	/* The guest cannot tell the pages that a balloon takes from fake-offline ones. */
	if (s->balloon_max_bytes)
		return NULL;
	for (guint i = 0; i < s->devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(s->devices, i);

		if (dev->block_size_bytes < MEMORY_BLOCK_BYTES)
			return NULL;
	}
	for (guint i = 0; i < s->ops->len; i++) {
		const ScenarioOp *op = g_ptr_array_index(s->ops, i);

		if (g_strcmp0(value_of(op, "blocks"), "partly") == 0)
			return op->name;
	}
	return NULL;
}

guint64 scenario_memory_left(const Scenario *s)
{
	guint64 plugged = s->dimm_count * s->dimm_size_bytes + s->resize_max_bytes, taken;

	for (guint i = 0; i < s->devices->len; i++) {
		const VmMemDevice *dev = g_ptr_array_index(s->devices, i);

		plugged += dev->requested_bytes;
	}
	taken = s->balloon_max_bytes + plugged / MEMMAP_SHARE;
	return s->memory_bytes > taken ? s->memory_bytes - taken : 0;
}
