// SPDX-License-Identifier: GPL-2.0-or-later
/* See the header. */
#include "guest-agent/observers/census-pages.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#define KPF_BUDDY    10
#define KPF_HWPOISON 19
#define KPF_NOPAGE   20
#define KPF_OFFLINE  23

const char *const census_kind_names[CENSUS_KINDS] = {
	[CENSUS_ESCAPED] = "page escaped",
	[CENSUS_FREE] = "fake-offline page is free",
	[CENSUS_POISONED] = "fake-offline page is poisoned",
};

void census_pages_init(struct census_pages *p, int fd, uint64_t page_bytes)
{
	p->fd = fd;
	p->chunk_pages = CENSUS_CHUNK_BYTES / page_bytes;
}

void census_pages_begin(struct census_pages *p)
{
	p->escaped = 0;
	for (unsigned int i = 0; i < p->suspect_count; i++)
		p->suspect[i].seen = false;
}

static bool is(uint64_t flags, unsigned int bit)
{
	return flags >> bit & 1;
}

static bool odd(enum census_kind kind, uint64_t flags)
{
	switch (kind) {
	case CENSUS_ESCAPED:
		return !is(flags, KPF_OFFLINE);
	case CENSUS_FREE:
		return is(flags, KPF_OFFLINE) && is(flags, KPF_BUDDY);
	default:
		return is(flags, KPF_OFFLINE) && is(flags, KPF_HWPOISON);
	}
}

static struct census_suspect *suspect_of(struct census_pages *p, enum census_kind kind,
					 uint64_t chunk_pfn)
{
	struct census_suspect *s;

	for (unsigned int i = 0; i < p->suspect_count; i++)
		if (p->suspect[i].kind == kind && p->suspect[i].chunk_pfn == chunk_pfn)
			return &p->suspect[i];
	if (p->suspect_count == CENSUS_SUSPECTS)
		return NULL;
	s = &p->suspect[p->suspect_count++];
	*s = (struct census_suspect){.kind = kind, .chunk_pfn = chunk_pfn};
	return s;
}

/* Of the pages followed so far, keeps those that still are odd. */
static void follow(struct census_suspect *s, const uint64_t *flags)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < s->pfn_count; i++)
		if (odd(s->kind, flags[s->pfn[i] - s->chunk_pfn]))
			s->pfn[kept++] = s->pfn[i];
	s->pfn_count = kept;
}

static void suspect(struct census_pages *p, enum census_kind kind, uint64_t chunk_pfn,
		    const uint64_t *flags, uint64_t before, uint64_t now_ns)
{
	struct census_suspect *s = suspect_of(p, kind, chunk_pfn);
	uint64_t pages = 0;

	if (!s)
		return;
	follow(s, flags);
	if (!s->pfn_count) {
		s->looks = 0;
		s->since_ns = now_ns;
	}
	for (uint64_t i = 0; i < p->chunk_pages; i++) {
		if (!odd(kind, flags[i]))
			continue;
		pages++;
		if (!s->looks && s->pfn_count < CENSUS_PFNS)
			s->pfn[s->pfn_count++] = chunk_pfn + i;
	}
	s->pages = pages;
	s->before = before;
	s->flags = flags[s->pfn[0] - chunk_pfn];
	s->looks++;
	s->seen = true;
}

/* One whole chunk. Returns its fake-offline pages. */
static uint64_t look_chunk(struct census_pages *p, uint64_t pfn, const uint64_t *flags,
			   uint64_t now_ns)
{
	uint64_t offline = 0, freed = 0, poisoned = 0, before = 0;

	for (uint64_t i = 0; i < p->chunk_pages; i++) {
		if (!is(flags[i], KPF_OFFLINE))
			continue;
		if (odd(CENSUS_FREE, flags[i]))
			freed++;
		else if (odd(CENSUS_POISONED, flags[i]))
			poisoned++;
		else
			before = flags[i];
		offline++;
	}
	if (offline == p->chunk_pages) {
		p->whole_ms[pfn / p->chunk_pages % CENSUS_CHUNKS] = (uint32_t)(now_ns / 1000000);
	} else if (offline && !p->balloon) {
		p->escaped += p->chunk_pages - offline;
		suspect(p, CENSUS_ESCAPED, pfn, flags, before, now_ns);
	}
	if (freed)
		suspect(p, CENSUS_FREE, pfn, flags, before, now_ns);
	if (poisoned)
		suspect(p, CENSUS_POISONED, pfn, flags, before, now_ns);
	return offline;
}

static size_t absent(const uint64_t *flags, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += is(flags[i], KPF_NOPAGE);
	return sum;
}

int64_t census_pages_look(struct census_pages *p, uint64_t first_pfn, uint64_t pages,
			  uint64_t now_ns)
{
	uint64_t gone = 0;
	int64_t offline = 0;

	for (uint64_t done = 0; done < pages;) {
		uint64_t want =
			pages - done < CENSUS_READ_ENTRIES ? pages - done : CENSUS_READ_ENTRIES;
		ssize_t len = pread(p->fd, p->buf, want * sizeof(p->buf[0]),
				    (off_t)((first_pfn + done) * sizeof(p->buf[0])));

		if (len < 0)
			return -errno;
		if ((uint64_t)len != want * sizeof(p->buf[0]))
			return -EAGAIN;
		gone += absent(p->buf, want);
		if (gone && gone != done + want)
			return -EAGAIN;
		for (uint64_t i = 0; !gone && i + p->chunk_pages <= want; i += p->chunk_pages)
			offline += (int64_t)look_chunk(p, first_pfn + done + i, p->buf + i, now_ns);
		done += want;
	}
	return gone ? -ENODEV : offline;
}

unsigned int census_pages_end(struct census_pages *p)
{
	unsigned int kept = 0, open = 0;

	for (unsigned int i = 0; i < p->suspect_count; i++) {
		if (!p->suspect[i].seen)
			continue;
		open += !p->suspect[i].reported;
		p->suspect[kept++] = p->suspect[i];
	}
	p->suspect_count = kept;
	return open;
}

const struct census_suspect *census_pages_proven(struct census_pages *p, uint64_t now_ns)
{
	for (unsigned int i = 0; i < p->suspect_count; i++) {
		struct census_suspect *s = &p->suspect[i];

		if (s->reported || s->looks < CENSUS_CONFIRM ||
		    now_ns - s->since_ns < CENSUS_CONFIRM_NS)
			continue;
		s->reported = true;
		return s;
	}
	return NULL;
}
