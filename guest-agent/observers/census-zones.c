// SPDX-License-Identifier: GPL-2.0-or-later
/* See the header. */
#include "guest-agent/observers/census-zones.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-agent/observers/census-pages.h"

/* The sum of the numbers after @name at the start of a line. */
static uint64_t sum_of(const char *text, const char *name)
{
	size_t len = strlen(name);
	uint64_t sum = 0;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += strspn(line, "\n ");
		if (!strncmp(line, name, len) && line[len] == ' ')
			sum += strtoull(line + len, NULL, 10);
	}
	return sum;
}

int census_zones_read(struct census_zones *z, struct census_sums *sums)
{
	size_t len = 0;
	ssize_t got;

	do {
		got = pread(z->fd, z->text + len, sizeof(z->text) - 1 - len, (off_t)len);
		if (got < 0)
			return -errno;
		len += (size_t)got;
	} while (got && len < sizeof(z->text) - 1);
	if (got)
		return -EFBIG;
	z->text[len] = '\0';
	sums->present = sum_of(z->text, "present");
	sums->managed = sum_of(z->text, "managed");
	return sums->managed ? 0 : -EINVAL;
}

static int64_t kept_pages(const struct census_sums *sums, uint64_t offline_pages)
{
	return (int64_t)(sums->present - sums->managed - offline_pages);
}

bool census_zones_begin(struct census_zones *z, const struct census_sums *sums,
			uint64_t offline_pages)
{
	int64_t kept = kept_pages(sums, offline_pages);

	z->have_base = z->looks++ && kept == z->last;
	z->last = z->base = kept;
	if (z->have_base)
		z->looks = 0;
	return z->have_base;
}

int64_t census_zones_end(struct census_zones *z, const struct census_sums *sums,
			 uint64_t offline_pages, uint64_t now_ns)
{
	int64_t kept = kept_pages(sums, offline_pages);

	if (!z->have_base || kept <= z->base)
		return 0;
	if (!z->looks || kept != z->last) {
		z->last = kept;
		z->looks = 0;
		z->since_ns = now_ns;
	}
	if (++z->looks < CENSUS_CONFIRM || now_ns - z->since_ns < CENSUS_CONFIRM_NS)
		return -EAGAIN;
	return kept - z->base;
}
