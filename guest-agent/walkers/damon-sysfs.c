// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One directory per kdamond, with one context and one target each.
 */
#include "guest-agent/walkers/damon-sysfs.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ADMIN	   "sys/kernel/mm/damon/admin/kdamonds/"
#define CONTEXT	   ADMIN "%u/contexts/0/"
#define ATTRS	   CONTEXT "monitoring_attrs/"
#define REGIONS	   CONTEXT "targets/0/regions/"
#define DAMON_STAT "sys/module/damon_stat/parameters/enabled"

/* Writes a number to a file whose name is made of @format. */
static int put(struct op_env *env, uint64_t value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int put(struct op_env *env, uint64_t value, const char *format, ...)
{
	char path[160], text[24];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	return op_write_file(env, path, text);
}

static int create_one(struct op_env *env, unsigned int k, uint64_t sample_us, uint64_t aggr_us)
{
	char path[160];
	int ret = put(env, 1, ADMIN "%u/contexts/nr_contexts", k);

	snprintf(path, sizeof(path), CONTEXT "operations", k);
	if (!ret)
		ret = op_write_file(env, path, "paddr");
	if (!ret)
		ret = put(env, sample_us, ATTRS "intervals/sample_us", k);
	if (!ret)
		ret = put(env, aggr_us, ATTRS "intervals/aggr_us", k);
	if (!ret)
		ret = put(env, 1, CONTEXT "targets/nr_targets", k);
	return ret;
}

int damon_sysfs_create(struct op_env *env, unsigned int kdamonds, uint64_t sample_us,
		       uint64_t aggr_us)
{
	int ret;

	/* DAMON_STAT runs from boot in some kernels, and only one of the two may. */
	if (!faccessat(env->root_fd, DAMON_STAT, F_OK, 0))
		op_write_file(env, DAMON_STAT, "N");
	ret = put(env, kdamonds, ADMIN "nr_kdamonds");
	for (unsigned int k = 0; k < kdamonds && !ret; k++)
		ret = create_one(env, k, sample_us, aggr_us);
	return ret;
}

int damon_sysfs_aim(struct op_env *env, unsigned int k, const struct target_range *ranges,
		    size_t count, uint64_t regions)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	int ret = put(env, regions, ATTRS "nr_regions/max", k);

	if (!ret)
		ret = put(env, regions, ATTRS "nr_regions/min", k);
	if (!ret)
		ret = put(env, count, REGIONS "nr_regions", k);
	for (size_t i = 0; i < count && !ret; i++) {
		ret = put(env, ranges[i].start_pfn * page_bytes, REGIONS "%zu/start", k, i);
		if (!ret)
			ret = put(env, ranges[i].end_pfn * page_bytes, REGIONS "%zu/end", k, i);
	}
	return ret;
}

int damon_sysfs_scheme(struct op_env *env, unsigned int k, const char *action)
{
	static const struct {
		const char *name;
		uint64_t max;
	} pattern[] = {{"sz", UINT64_MAX}, {"nr_accesses", UINT32_MAX}, {"age", UINT32_MAX}};
	char path[160];
	int ret = put(env, 1, CONTEXT "schemes/nr_schemes", k);

	snprintf(path, sizeof(path), CONTEXT "schemes/0/action", k);
	if (!ret)
		ret = op_write_file(env, path, action);
	for (unsigned int i = 0; i < sizeof(pattern) / sizeof(pattern[0]) && !ret; i++)
		ret = put(env, pattern[i].max, CONTEXT "schemes/0/access_pattern/%s/max", k,
			  pattern[i].name);
	return ret;
}

int damon_sysfs_state(struct op_env *env, unsigned int k, const char *state)
{
	char path[96];

	snprintf(path, sizeof(path), ADMIN "%u/state", k);
	return op_write_file(env, path, state);
}

pid_t damon_sysfs_pid(struct op_env *env, unsigned int k)
{
	char path[96], text[24];

	snprintf(path, sizeof(path), ADMIN "%u/pid", k);
	return op_read_file(env, path, text, sizeof(text)) > 0 ? (pid_t)atoi(text) : -1;
}

int64_t damon_sysfs_cpu_ms(struct op_env *env, unsigned int k)
{
	static const char format[] =
		"%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu";
	unsigned long long user, system;
	pid_t pid = damon_sysfs_pid(env, k);
	char path[32], text[512];
	int ret;

	if (pid <= 0)
		return -ESRCH;
	snprintf(path, sizeof(path), "proc/%d/stat", (int)pid);
	ret = op_read_file(env, path, text, sizeof(text));
	if (ret < 0)
		return ret;
	if (sscanf(text, format, &user, &system) != 2)
		return -EPROTO;
	return (int64_t)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}
