// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory blocks, read from sysfs, /proc/iomem and /proc/kpageflags. All paths are below a root
 * directory, so that tests show it a tree of plain files.
 */
#include "guest-agent/op/memblk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_DIR   "sys/devices/system/memory"
#define KPF_NOPAGE   20
#define KPF_OFFLINE  23
#define RANGE_GRAIN  (2u << 20)
#define READ_PAGES   4096u
#define WORD_BITS    64u
#define BIT_WORDS(n) (((n) + WORD_BITS - 1) / WORD_BITS)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* Reads a small file as text without trailing newline. 0 or -errno. */
static int read_text(int root_fd, const char *path, char *buf, size_t size)
{
	int fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return (int)len;
	while (len > 0 && buf[len - 1] == '\n')
		len--;
	buf[len] = '\0';
	return 0;
}

static bool in_spans(uint64_t start, uint64_t end, const struct memblk_span *span, int count)
{
	for (int i = 0; i < count; i++)
		if (start < span[i].end && end > span[i].start)
			return true;
	return false;
}

/*
 * The System RAM that devices have added: virtio-mem's has its name, a DIMM's was not there at
 * the start. With @boot only the other. Returns how many spans, or -errno.
 */
static int read_spans(const struct memblk *m, bool boot, struct memblk_span *span)
{
	int fd = openat(m->root_fd, "proc/iomem", O_RDONLY | O_CLOEXEC), count = 0;
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
	char line[256];

	if (!file)
		return -errno;
	while (count < MEMBLK_SPANS_MAX && fgets(line, sizeof(line), file)) {
		bool named = strstr(line, " : System RAM (virtio_mem)");
		unsigned long long start, last;

		if (!strstr(line, " : System RAM") ||
		    sscanf(line, " %llx-%llx", &start, &last) != 2 || last <= start)
			continue;
		if (boot ? !named : named || !in_spans(start, last + 1, m->boot, m->boot_count))
			span[count++] = (struct memblk_span){start, last + 1};
	}
	fclose(file);
	return count;
}

int memblk_open(struct memblk *m, int root_fd)
{
	char text[64];
	int ret = read_text(root_fd, MEMORY_DIR "/block_size_bytes", text, sizeof(text));

	memset(m, 0, sizeof(*m));
	if (ret)
		return ret;
	m->root_fd = root_fd;
	m->block_bytes = strtoull(text, NULL, 16);
	m->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	m->block_pages = m->block_bytes / m->page_bytes;
	if (!m->block_pages)
		return -EINVAL;
	m->buf = malloc(READ_PAGES * sizeof(*m->buf));
	if (!m->buf)
		return -ENOMEM;
	m->boot_count = read_spans(m, true, m->boot);
	m->kpageflags = openat(root_fd, "proc/kpageflags", O_RDONLY | O_CLOEXEC);
	return 0;
}

void memblk_close(struct memblk *m)
{
	for (size_t i = 0; i < m->block_count; i++)
		free(m->block[i].fake_offline);
	free(m->block);
	free(m->buf);
	if (m->kpageflags >= 0)
		close(m->kpageflags);
}

static int compare_blocks(const void *a, const void *b)
{
	uint32_t x = ((const struct memblk_block *)a)->number;
	uint32_t y = ((const struct memblk_block *)b)->number;

	return (x > y) - (x < y);
}

/* Moves what is known of a block from the old list to the new one. */
static void inherit(struct memblk *m, struct memblk_block *block)
{
	struct memblk_block *old = NULL;

	if (m->block_count)
		old = bsearch(block, m->block, m->block_count, sizeof(*old), compare_blocks);
	if (old) {
		*block = *old;
		old->fake_offline = NULL;
	}
}

static void read_state(const struct memblk *m, struct memblk_block *block)
{
	char path[96], text[64];

	snprintf(path, sizeof(path), MEMORY_DIR "/memory%u/state", block->number);
	block->online = !read_text(m->root_fd, path, text, sizeof(text)) && !strcmp(text, "online");
	/*
	 * Only of an online block: 6.1 shows a new block in sysfs before it knows its node, and
	 * reading valid_zones then is a NULL dereference in zone_for_pfn_range(). An offline one
	 * keeps what it was.
	 */
	if (!block->online)
		return;
	snprintf(path, sizeof(path), MEMORY_DIR "/memory%u/valid_zones", block->number);
	block->movable =
		!read_text(m->root_fd, path, text, sizeof(text)) && strstr(text, "Movable");
}

/* Replaces the list of blocks by what is there now. */
static int list_blocks(struct memblk *m)
{
	struct memblk_span span[MEMBLK_SPANS_MAX];
	int spans = read_spans(m, false, span);
	int fd = openat(m->root_fd, MEMORY_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct memblk_block *list = NULL;
	size_t count = 0, room = 0;
	struct dirent *entry;
	int ret = 0;

	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		unsigned int number;
		char rest;

		if (sscanf(entry->d_name, "memory%u%c", &number, &rest) != 1 ||
		    !in_spans(number * m->block_bytes, (number + 1) * m->block_bytes, span, spans))
			continue;
		if (count == room) {
			struct memblk_block *more;

			room = room ? room * 2 : 64;
			more = realloc(list, room * sizeof(*list));
			if (!more) {
				ret = -ENOMEM;
				break;
			}
			list = more;
		}
		list[count] = (struct memblk_block){.number = number};
		inherit(m, &list[count]);
		if (!list[count].fake_offline)
			list[count].fake_offline =
				calloc(BIT_WORDS(m->block_pages), sizeof(uint64_t));
		if (!list[count].fake_offline)
			ret = -ENOMEM;
		else
			count++;
	}
	closedir(dir);
	for (size_t i = 0; i < m->block_count; i++)
		free(m->block[i].fake_offline);
	free(m->block);
	m->block = list;
	m->block_count = count;
	if (count)
		qsort(list, count, sizeof(*list), compare_blocks);
	for (size_t i = 0; i < count; i++)
		read_state(m, &list[i]);
	return ret;
}

/* Reads the flags of one block's pages; pages that do not show keep what was known of them. */
static void scan(struct memblk *m, struct memblk_block *block)
{
	uint64_t first = block->number * m->block_pages, seen = 0;

	if (m->kpageflags < 0 || m->blind)
		return;
	for (uint64_t done = 0; done < m->block_pages;) {
		uint64_t want = m->block_pages - done;
		ssize_t len;

		want = (want < READ_PAGES ? want : READ_PAGES) * sizeof(uint64_t);
		len = pread(m->kpageflags, m->buf, want,
			    (off_t)((first + done) * sizeof(uint64_t)));
		if (len < (ssize_t)sizeof(uint64_t))
			break;
		for (size_t i = 0; i < (size_t)len / sizeof(uint64_t); i++, done++) {
			uint64_t bit = 1ULL << (done % WORD_BITS);
			uint64_t *word = &block->fake_offline[done / WORD_BITS];

			if (m->buf[i] >> KPF_NOPAGE & 1)
				continue;
			seen++;
			*word = m->buf[i] >> KPF_OFFLINE & 1 ? *word | bit : *word & ~bit;
		}
	}
	if (!seen)
		return;
	block->scanned = true;
	block->fake_offline_pages = 0;
	for (uint64_t i = 0; i < BIT_WORDS(m->block_pages); i++)
		block->fake_offline_pages += (uint64_t)__builtin_popcountll(block->fake_offline[i]);
}

int memblk_refresh(struct memblk *m, uint64_t budget_ns,
		   bool (*urgent)(void *user, const struct target_block *block), void *user)
{
	uint64_t end = now_ns() + budget_ns;
	int ret = list_blocks(m);
	size_t late = 0;

	for (size_t i = m->block_count; i-- > 0;) {
		struct target_block target = memblk_target(m, i);

		if (m->block[i].online &&
		    (!m->block[i].scanned || (urgent && urgent(user, &target))))
			scan(m, &m->block[i]);
	}
	for (; late < m->block_count && now_ns() < end; late++, m->next++)
		if (m->block[m->next % m->block_count].online)
			scan(m, &m->block[m->next % m->block_count]);
	return ret;
}

void memblk_blind(struct memblk *m)
{
	m->blind = true;
}

static bool seen_partly(const struct memblk *m, const struct memblk_block *b)
{
	return b->fake_offline_pages && b->fake_offline_pages < m->block_pages;
}

struct target_block memblk_target(const struct memblk *m, size_t i)
{
	const struct memblk_block *b = &m->block[i];

	return (struct target_block){
		.number = b->number,
		.flags = (b->online ? TARGET_ONLINE : 0u) | (b->movable ? TARGET_MOVABLE : 0u) |
			 (seen_partly(m, b) || m->blind ? TARGET_PARTLY : 0u),
		.fake_offline_pages = b->fake_offline_pages,
	};
}

void memblk_sum(const struct memblk *m, struct memblk_sums *sums)
{
	*sums = (struct memblk_sums){.blocks = m->block_count, .stale = m->blind};
	for (size_t i = 0; i < m->block_count; i++) {
		const struct memblk_block *b = &m->block[i];

		sums->online += b->online;
		sums->partly += seen_partly(m, b);
		sums->offline_pages += b->fake_offline_pages;
		sums->plugged_bytes += (m->block_pages - b->fake_offline_pages) * m->page_bytes;
	}
}

static bool bit_set(const struct memblk_block *block, uint64_t page)
{
	return block->fake_offline[page / WORD_BITS] >> (page % WORD_BITS) & 1;
}

static void add_range(struct targets *t, uint64_t start_pfn, uint64_t end_pfn)
{
	struct target_range *last = t->range_count ? &t->range[t->range_count - 1] : NULL;

	if (last && last->end_pfn >= start_pfn)
		last->end_pfn = end_pfn > last->end_pfn ? end_pfn : last->end_pfn;
	else if (t->range_count < TARGETS_RANGES_MAX)
		t->range[t->range_count++] = (struct target_range){start_pfn, end_pfn};
}

static void add_ranges(const struct memblk *m, struct targets *t, const struct memblk_block *block)
{
	uint64_t first = block->number * m->block_pages;
	uint64_t grain = RANGE_GRAIN / m->page_bytes;

	if (m->blind && !block->fake_offline_pages) {
		add_range(t, first, first + m->block_pages);
		return;
	}
	for (uint64_t page = 0; page < m->block_pages; page++) {
		uint64_t start = page;

		if (!bit_set(block, page))
			continue;
		while (page < m->block_pages && bit_set(block, page))
			page++;
		add_range(t, first + start / grain * grain,
			  first + (page + grain - 1) / grain * grain);
	}
}

void memblk_targets(const struct memblk *m, struct targets *t,
		    bool (*hammered)(void *user, const struct target_block *block), void *user)
{
	bool any = false;

	t->block_count = t->range_count = 0;
	t->block_pages = m->block_pages;
	for (size_t i = 0; i < m->block_count && i < TARGETS_BLOCKS_MAX; i++) {
		struct target_block target = memblk_target(m, i);

		if (hammered(user, &target)) {
			target.flags |= TARGET_AIMED;
			any = true;
		}
		t->block[t->block_count++] = target;
	}
	for (size_t i = 0; i < t->block_count; i++) {
		if (!any && t->block[i].flags & TARGET_PARTLY)
			t->block[i].flags |= TARGET_AIMED;
		if (t->block[i].flags & TARGET_AIMED)
			add_ranges(m, t, &m->block[i]);
	}
}
