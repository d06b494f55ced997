// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The hung task of the op "plant". The report is the kernel's own (khungtaskd), so it tests
 * everything that reads the kernel's log with real output.
 */
#include "guest-agent/hammers/plant-hang.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HELD_FILE "tmp/plant-hang"

static void *hold(void *user)
{
	struct plant_hang *h = user;

	pthread_setname_np(pthread_self(), "plant-holder");
	return pwrite(h->file, h->page, h->page_bytes, 0) < 0 ? h : NULL;
}

static void *wait_for_lock(void *user)
{
	struct plant_hang *h = user;

	pthread_setname_np(pthread_self(), "plant-waiter");
	while (sem_wait(&h->start))
		;
	return pwrite(h->file, "", 1, 0) < 0 ? h : NULL;
}

int plant_hang_setup(struct plant_hang *h, struct op_env *env)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	int ret;

	sem_init(&h->start, 0, 0);
	h->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	h->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (h->uffd < 0 || ioctl(h->uffd, UFFDIO_API, &api))
		return op_fail(env, EOPNOTSUPP, "userfaultfd: %s", strerror(errno));
	h->page = mmap(NULL, h->page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	if (h->page == MAP_FAILED) {
		h->page = NULL;
		return op_fail(env, errno, "mmap: %s", strerror(errno));
	}
	range.range.start = (uintptr_t)h->page;
	range.range.len = h->page_bytes;
	if (ioctl(h->uffd, UFFDIO_REGISTER, &range))
		return op_fail(env, EOPNOTSUPP, "userfaultfd: %s", strerror(errno));
	h->file = openat(env->root_fd, HELD_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (h->file < 0)
		return op_fail(env, errno, "open /" HELD_FILE ": %s", strerror(errno));
	ret = op_write_file(env, "proc/sys/kernel/hung_task_timeout_secs", "1");
	if (ret)
		return ret;
	h->holder_up = !pthread_create(&h->holder, NULL, hold, h);
	h->waiter_up = !pthread_create(&h->waiter, NULL, wait_for_lock, h);
	return h->holder_up && h->waiter_up ? 0 : op_fail(env, EAGAIN, "no thread");
}

void plant_hang_begin(struct plant_hang *h)
{
	sem_post(&h->start);
}

void plant_hang_end(struct plant_hang *h)
{
	struct uffdio_range range = {.start = (uintptr_t)h->page, .len = h->page_bytes};

	if (h->page)
		ioctl(h->uffd, UFFDIO_UNREGISTER, &range); /* the fault is an ordinary one now */
	sem_post(&h->start);
	if (h->holder_up)
		pthread_join(h->holder, NULL);
	if (h->waiter_up)
		pthread_join(h->waiter, NULL);
	if (h->page)
		munmap(h->page, h->page_bytes);
	if (h->uffd >= 0)
		close(h->uffd);
	if (h->file >= 0)
		close(h->file);
}
