// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pins the recorder's pages and reads their PFNs. The PFNs are read after the pin and checked
 * once more, because the pin itself may move a page.
 */
#include "guest-agent/core/recorder-pin.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_PFN	((1ULL << 55) - 1)

static int read_pfns(const void *addr, uint64_t *pfn)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = pread(fd, pfn, REC_PAGES * sizeof(*pfn),
		    (off_t)((uintptr_t)addr / REC_PAGE * sizeof(*pfn)));
	close(fd);
	if (len != (ssize_t)(REC_PAGES * sizeof(*pfn)))
		return -EIO;
	for (unsigned int i = 0; i < REC_PAGES; i++) {
		if (!(pfn[i] & PAGEMAP_PRESENT) || !(pfn[i] & PAGEMAP_PFN))
			return -EPERM; /* PFNs are shown to CAP_SYS_ADMIN only */
		pfn[i] &= PAGEMAP_PFN;
	}
	return 0;
}

int recorder_create(struct recorder *rec)
{
	static struct io_uring ring; /* the pin lasts as long as the ring does */
	struct iovec area = {.iov_len = (size_t)REC_PAGES * REC_PAGE};
	uint64_t again[REC_PAGES];
	int ret;

	memset(rec, 0, sizeof(*rec));
	if (sysconf(_SC_PAGESIZE) != REC_PAGE)
		return -EOPNOTSUPP;
	area.iov_base = mmap(NULL, area.iov_len, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area.iov_base == MAP_FAILED)
		return -errno;
	madvise(area.iov_base, area.iov_len, MADV_NOHUGEPAGE);
	memset(area.iov_base, 0, area.iov_len);
	ret = io_uring_queue_init(1, &ring, 0);
	if (ret < 0)
		goto unmap;
	ret = io_uring_register_buffers(&ring, &area, 1);
	if (ret < 0)
		goto exit_ring;
	ret = read_pfns(area.iov_base, rec->pfn);
	if (!ret)
		ret = read_pfns(area.iov_base, again);
	if (!ret && memcmp(again, rec->pfn, sizeof(again)))
		ret = -EAGAIN;
	if (ret)
		goto exit_ring;
	rec->head = area.iov_base;
	rec->head->magic = REC_MAGIC;
	return 0;

exit_ring:
	io_uring_queue_exit(&ring);
unmap:
	munmap(area.iov_base, area.iov_len);
	return ret;
}
