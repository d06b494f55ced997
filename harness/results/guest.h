/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A message of the guest that has passed the gate. It has a type of its own, which guest_gate()
 * alone makes: what judges or records a message takes this one, and the compiler refuses the raw
 * one, whose values may hold any bytes.
 */
#ifndef PFNHUNT_GUEST_H
#define PFNHUNT_GUEST_H

#include "guest-agent/contract/wire.h"

#include <glib.h>

typedef struct GuestMsg GuestMsg;

/*
 * Cleans all values of @raw in place (text_clean()) and gives it back as what it is now; it lives
 * as long. Those of the kernel's log stay as they are, for the record holds what was said: their
 * text is for guest_log() and the splat parser, which has a gate of its own.
 */
const GuestMsg *guest_gate(struct wire_msg *raw);

enum wire_verb guest_verb(const GuestMsg *msg);
/* The value of @key, clean, or NULL; of the kernel's log nothing but numbers. Borrowed. */
const char *guest_get(const GuestMsg *msg, const char *key);
/* As wire_get_u64(). */
int guest_get_u64(const GuestMsg *msg, const char *key, uint64_t *out);
/* Raw text of the kernel's log, or NULL when @msg is none of that. Borrowed. */
const char *guest_log(const GuestMsg *msg);
/* Key and value of each pair, from 0 on; the key is NULL behind the last one. Borrowed. */
const char *guest_key(const GuestMsg *msg, guint i);
const char *guest_value(const GuestMsg *msg, guint i);

#endif
