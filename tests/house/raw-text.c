/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiles, unless RAW names a way to record what a guest sent without the gate. See meson.build. */
#include "harness/results/record.h"

void raw_text(Record *record, struct wire_msg *raw);

void raw_text(Record *record, struct wire_msg *raw)
{
#if RAW == 0
	record_message(record, guest_gate(raw));
#elif RAW == 1
	record_message(record, raw);
#elif RAW == 2
	json_object_set_string_member(record_line(guest_gate(raw)), "text", raw->kv[0].value);
#endif
}
