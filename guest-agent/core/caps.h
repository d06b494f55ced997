/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest is and can do, as `hello` and `cap` lines.
 */
#ifndef PFNHUNT_CAPS_H
#define PFNHUNT_CAPS_H

#include "guest-agent/core/recorder-pin.h"
#include "guest-agent/op/sink.h"

/* Says hello, where the recorder is (if there is one), and the facts below @root_fd. */
void caps_send(const struct sink *sink, int root_fd, const struct recorder *rec);

#endif
