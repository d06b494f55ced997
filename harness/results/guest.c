/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See guest.h. The one file that knows that both are the same bytes. */
#include "harness/results/guest.h"
#include "host-driver/base/text.h"

static const struct wire_msg *inner(const GuestMsg *msg)
{
	return (const struct wire_msg *)(const void *)msg;
}

const GuestMsg *guest_gate(struct wire_msg *raw)
{
	/* The values lie in the caller's line. */
	for (guint i = 0; raw->verb != WIRE_KMSG && i < raw->kv_count; i++)
		text_clean((char *)raw->kv[i].value);
	return (const GuestMsg *)(const void *)raw;
}

enum wire_verb guest_verb(const GuestMsg *msg)
{
	return inner(msg)->verb;
}

const char *guest_get(const GuestMsg *msg, const char *key)
{
	return guest_verb(msg) == WIRE_KMSG ? NULL : wire_get(inner(msg), key);
}

int guest_get_u64(const GuestMsg *msg, const char *key, uint64_t *out)
{
	return wire_get_u64(inner(msg), key, out);
}

const char *guest_log(const GuestMsg *msg)
{
	return guest_verb(msg) == WIRE_KMSG ? wire_get(inner(msg), "text") : NULL;
}

const char *guest_key(const GuestMsg *msg, guint i)
{
	return i < inner(msg)->kv_count ? inner(msg)->kv[i].key : NULL;
}

const char *guest_value(const GuestMsg *msg, guint i)
{
	return inner(msg)->kv[i].value;
}
