// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mkswap and swapon of zram0. The signature is that of <linux/swap.h> in the kernel: version,
 * last page, and a magic word at the end of the first page.
 */
#include "guest-agent/walkers/zram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#define DISKSIZE "sys/block/zram0/disksize"
#define MAGIC	 "SWAPSPACE2"
#define PAGE_MAX 65536

static bool have_swap(struct op_env *env)
{
	char text[512];

	/* A title, and a line for each device. */
	return op_read_file(env, "proc/swaps", text, sizeof(text)) > 0 && strchr(text, '\n');
}

static int write_signature(struct op_env *env, int fd, uint64_t bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char page[PAGE_MAX] = {0};
	uint32_t version_and_last[2] = {1, (uint32_t)(bytes / page_bytes - 1)};

	memcpy(page + 1024, version_and_last, sizeof(version_and_last));
	memcpy(page + page_bytes - strlen(MAGIC), MAGIC, strlen(MAGIC));
	if (pwrite(fd, page, page_bytes, 0) != (ssize_t)page_bytes)
		return op_fail(env, EIO, "write of the swap signature: %s", strerror(errno));
	return 0;
}

static int swap_on(struct op_env *env, uint64_t bytes)
{
	int fd = op_open(env, "dev/zram0", O_RDWR), ret;
	char path[40];
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) || !S_ISBLK(st.st_mode)) {
		close(fd);
		return op_fail(env, ENOTBLK, "/dev/zram0 is not a block device");
	}
	ret = write_signature(env, fd, bytes);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!ret && swapon(path, 0) && errno != EBUSY)
		ret = op_fail(env, errno, "swapon /dev/zram0: %s", strerror(errno));
	close(fd);
	return ret;
}

int zram_swap_on(struct op_env *env, uint64_t megabytes)
{
	char text[24];
	int ret;

	if (have_swap(env))
		return 0;
	if (faccessat(env->root_fd, DISKSIZE, F_OK, 0))
		return op_fail(env, EOPNOTSUPP,
			       "no swap: no /" DISKSIZE
			       "; needs CONFIG_ZRAM; comes with module zram");
	snprintf(text, sizeof(text), "%lluM", (unsigned long long)megabytes);
	ret = op_write_file(env, DISKSIZE, text);
	return ret ? ret : swap_on(env, megabytes << 20);
}
