/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells the host where symbols of the running kernel and its modules are: it may be relocated. */
#ifndef PFNHUNT_SYMBOLS_H
#define PFNHUNT_SYMBOLS_H

#include "guest-agent/op/sink.h"

#define SYMBOLS_MAX 64

/*
 * A `symbol` line for each of @names (commas between them, at most SYMBOLS_MAX) that stands in
 * /proc/kallsyms; the copy that a compiler made of a function stands for it. @names is modified.
 * Reads all symbols twice, which takes some tenths of a second in an emulated guest.
 */
void symbols_say(int root_fd, const struct sink *sink, char *names);

#endif
