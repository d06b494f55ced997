/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A deliberate, harmless hung task, for every kernel with userfaultfd: one thread holds a file's
 * lock while its write waits for a page fault that nobody answers; another waits for that lock,
 * uninterruptibly, until the kernel complains.
 */
#ifndef PFNHUNT_PLANT_HANG_H
#define PFNHUNT_PLANT_HANG_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>

#include "guest-agent/op/env.h"

struct plant_hang {
	int uffd, file;
	void *page; /* the one whose fault is never answered */
	size_t page_bytes;
	pthread_t holder, waiter;
	bool holder_up, waiter_up;
	sem_t start;
};

/* For setup(). 0, or -errno with the reason set; call plant_hang_end() in both cases. */
int plant_hang_setup(struct plant_hang *h, struct op_env *env);
/* For step(): from now on a task hangs. */
void plant_hang_begin(struct plant_hang *h);
/* Releases both threads and waits for them. */
void plant_hang_end(struct plant_hang *h);

#endif
