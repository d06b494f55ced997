// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * /proc/kcore looks at pages by PFN and skips fake-offline ones, holding the lock under which
 * virtio-mem marks them across up to 1024 pages: plugging, unplugging and onlining wait for the
 * reader.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest-agent/walkers/walk.h"

#define HEADERS_MAX 128
#define RELOOK_NS   1000000000ULL

struct kcore {
	int fd;
	struct walk_aim aim;
	uint64_t page_bytes, chunk_pages, opened_ns;
	unsigned char *buf;
	size_t header_count;
	Elf64_Phdr header[HEADERS_MAX];
};

enum { READS, PAGES, NOT_MAPPED, FAILED };
static const char *const counters[] = {"reads", "pages", "not_mapped", "failed", NULL};

/* The kernel rebuilds its list of segments when kcore is opened after a hotplug. */
static int open_it(struct kcore *c, struct op_env *env)
{
	Elf64_Ehdr head;
	ssize_t len;

	if (c->fd >= 0)
		close(c->fd);
	c->header_count = 0;
	c->opened_ns = op_now_ns();
	c->fd = op_open(env, "proc/kcore", O_RDONLY);
	if (c->fd < 0)
		return c->fd;
	if (pread(c->fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) || head.e_phentsize != sizeof(c->header[0]))
		return op_fail(env, EPROTO, "/proc/kcore is not a 64-bit ELF file");
	len = pread(c->fd, c->header, sizeof(c->header), (off_t)head.e_phoff);
	if (len > 0)
		c->header_count = (size_t)len / sizeof(c->header[0]);
	if (c->header_count > head.e_phnum)
		c->header_count = head.e_phnum;
	return 0;
}

/* Where in the file physical memory is, and how many pages of it there are. */
static bool find(const struct kcore *c, uint64_t pfn, uint64_t *at, uint64_t *pages)
{
	uint64_t physical = pfn * c->page_bytes;

	for (size_t i = 0; i < c->header_count; i++) {
		const Elf64_Phdr *h = &c->header[i];
		uint64_t left;

		if (h->p_type != PT_LOAD || physical < h->p_paddr ||
		    physical - h->p_paddr >= h->p_memsz)
			continue;
		left = (h->p_memsz - (physical - h->p_paddr)) / c->page_bytes;
		*at = h->p_offset + (physical - h->p_paddr);
		*pages = *pages < left ? *pages : left;
		return *pages > 0;
	}
	return false;
}

static int setup(void *ctx, struct op_env *env)
{
	struct kcore *c = ctx;

	c->fd = -1;
	c->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	c->chunk_pages = (uint64_t)op_int(env->plan, "chunk-pages");
	c->aim.what = op_enum(env->plan, "aim");
	c->buf = mmap(NULL, c->chunk_pages * c->page_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c->buf == MAP_FAILED) {
		c->buf = NULL;
		return op_fail(env, errno, "mmap of the buffer: %s", strerror(errno));
	}
	return open_it(c, env);
}

static int step(void *ctx, struct op_env *env)
{
	struct kcore *c = ctx;
	uint64_t pfn, pages, at;
	ssize_t len;
	int ret;

	if (walk_aim_update(&c->aim, env) && (ret = open_it(c, env)))
		return ret;
	if (!walk_aim_next(&c->aim, env, c->chunk_pages, &pfn, &pages))
		return OP_STEP_IDLE;
	if (!find(c, pfn, &at, &pages)) {
		op_count(env, NOT_MAPPED, 1);
		if (op_now_ns() - c->opened_ns > RELOOK_NS && (ret = open_it(c, env)))
			return ret;
		return OP_STEP_IDLE;
	}
	op_record(env, REC_PASS_BEGIN, pfn, 0);
	len = pread(c->fd, c->buf, pages * c->page_bytes, (off_t)at);
	op_record(env, REC_PASS_END, pfn, len < 0 ? -errno : 0);
	op_count(env, len < 0 ? FAILED : READS, 1);
	if (len > 0)
		op_count(env, PAGES, (uint64_t)len / c->page_bytes);
	return OP_STEP_DONE;
}

static void teardown(void *ctx, struct op_env *env)
{
	struct kcore *c = ctx;

	if (c->fd >= 0)
		close(c->fd);
	if (c->buf)
		munmap(c->buf, c->chunk_pages * c->page_bytes);
}

static const struct op_param params[] = {
	WALK_AIM_PARAM,
	{.name = "chunk-pages",
	 .type = OP_PARAM_INT,
	 .def = "64",
	 .min = 1,
	 .max = 4096,
	 .help = "pages per read; large values make onlining a block much slower"},
	{NULL},
};

static const struct op_need needs[] = {{"/proc/kcore", "PROC_KCORE", NULL}, {NULL}};

static const char *const frames[] = {"read_kcore", NULL};
static const struct op_visit visits[] = {
	{"pfn_to_online_page", PROBE_HOW_PFN, 0, "pfn", .shared = true}, {NULL}};

const struct op op_kcore = {
	.name = "kcore",
	.help = "reads physical memory through /proc/kcore, which makes virtio-mem wait",
	.kind = OP_WALKER,
	.frames = frames,
	.visits = visits,
	.needs = needs,
	.params = params,
	.counters = counters,
	.ctx_size = sizeof(struct kcore),
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
