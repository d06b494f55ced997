/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of one boot: all evidence, written as it happens with plain write(2), so that a
 * kill -9 loses nothing that had arrived. Nothing is interpreted before it stands here.
 * results/README.md describes the files; RECORD_FILES below is the list.
 */
#ifndef PFNHUNT_RECORD_H
#define PFNHUNT_RECORD_H

#include <glib.h>
#include <json-glib/json-glib.h>

#include "harness/results/guest.h"
#include "harness/verdict/impairment.h"
#include "host-driver/base/json.h"

typedef struct Record Record;

/* The append-only files of a boot. */
#define RECORD_FILES(X)                                                                            \
	X(CONSOLE, "console.log", "bytes of the serial console")                                   \
	X(CONSOLE_TIMES, "console.times",                                                          \
	  "host time in us and offset in console.log, a chunk a line")                             \
	X(KMSG, "kmsg.jsonl", "/dev/kmsg records as the agent read them")                          \
	X(EVENTS, "events.jsonl", "what the agent said, what the host did, in order")              \
	X(COUNTERS, "counters.jsonl",                                                              \
	  "totals of each op, of exposure and the guest's memory, once a second")                  \
	X(MEMORY, "memory.jsonl", "requested and plugged size of each device, on change")          \
	X(QMP, "qmp.jsonl", "management traffic with QEMU")

/* Of each of them, and of all together: a guest in pieces may talk for as long as it lives. */
#define RECORD_FILE_MAX_BYTES (256ull << 20)
#define RECORD_BOOT_MAX_BYTES (512ull << 20)

typedef enum {
#define X(id, name, help) RECORD_##id,
	RECORD_FILES(X)
#undef X
		RECORD_FILE_COUNT
} RecordFile;

/* Creates @dir (its parent exists) and the files in it. Errors: INFRA. (transfer full) */
Record *record_new(const char *dir, GError **error);
void record_free(Record *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Record, record_free)

/* Other limits than RECORD_FILE_MAX_BYTES and RECORD_BOOT_MAX_BYTES: tests shorten them. */
void record_set_max(Record *record, guint64 file_max_bytes, guint64 boot_max_bytes);

/* Console bytes, with the time they came. */
void record_console(Record *record, const char *data, gsize len);
/* A line of traffic with QEMU; @direction '>' or '<'. */
void record_qmp(Record *record, char direction, const char *line);
/* A message of the agent as it is recorded, but for the time. (transfer full) */
JsonObject *record_line(const GuestMsg *msg);
/* Records it, in the file that suits its verb. */
void record_message(Record *record, const GuestMsg *msg);
/* One JSON object as a line; takes @object, adds "host_us". */
void record_json(Record *record, RecordFile file, JsonObject *object);
/* A host-side event: {"host": name, ...}. @key may be NULL. */
void record_event(Record *record, HostEvent event, const char *key, const char *value);
/* How many of them there were so far, and the first one's @value, or NULL; borrowed. */
guint64 record_event_count(const Record *record, HostEvent event, const char **value);

/* A whole file in the folder, replaced atomically. FALSE on error, which record_error() holds. */
gboolean record_file(Record *record, const char *name, const void *data, gsize len);
/* Takes @object. */
gboolean record_json_file(Record *record, const char *name, JsonObject *object);

/* The first write that failed (disk full, ...), or NULL: the boot's verdict is then infra. */
const GError *record_error(const Record *record);

#endif
