/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads whose stacks are taken before any memory is plugged, and what becomes of them when the
 * kernel sends a deadly signal. Ops poison pages of plugged blocks, and a page of init's own among
 * them ends init, which is a panic; so init's memory is to lie elsewhere, and an op that meets a
 * poisoned page of its area ends alone.
 */
#ifndef PFNHUNT_THREAD_H
#define PFNHUNT_THREAD_H

#include <pthread.h>

#include "guest-agent/op/env.h"

struct op_thread {
	char *map; /* NULL: not prepared */
	pthread_t id;
};

/* Takes the stack: its pages are there and locked from now on. 0 or -errno. */
int op_thread_prepare(struct op_thread *t);
/* 0, or a positive errno, as pthread_create(). @t is prepared. */
int op_thread_start(struct op_thread *t, void *(*body)(void *user), void *user);
/* Gives the stack back; the thread has ended. */
void op_thread_release(struct op_thread *t);

/*
 * To be called by the thread that @t is, first of all, when it runs an op: a SIGBUS then ends this
 * thread alone, at once and without teardown, with @env->killed_by set.
 */
void op_thread_enter(struct op_thread *t, struct op_env *env);

/* Installs the handler of SIGBUS. Once a process. */
void op_thread_init_signals(void);
/*
 * The same for init, and for all deadly signals: one that is not an op's makes
 * "pfnhunt-agent: fatal signal N in op X" on console and kernel log (outside of ops "in the core"),
 * and powers off. Further threads have small stacks, and the heap has room to spare, so that both
 * can be locked before memory is plugged.
 */
void op_thread_init_pid1(void);

#endif
