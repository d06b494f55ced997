/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See record.h. */
#include "harness/results/record.h"
#include "host-driver/base/json.h"
#include "host-driver/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct Record {
	char *dir;
	int fd[RECORD_FILE_COUNT];
	gint64 start_us;
	guint64 console_bytes;
	guint64 file_max_bytes, boot_max_bytes, bytes[RECORD_FILE_COUNT], all_bytes;
	gboolean full[RECORD_FILE_COUNT];
	gint64 console_us; /* of the last line in console.times */
	guint64 events[HOST_EVENT_COUNT];
	char *first_value[HOST_EVENT_COUNT];
	GError *error;
};

static const char *const file_names[RECORD_FILE_COUNT] = {
#define X(id, name, help) name,
	RECORD_FILES(X)
#undef X
};

static void fail(Record *r, const char *name, int err)
{
	if (!r->error)
		r->error = g_error_new(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, "%s/%s: %s", r->dir,
				       name, g_strerror(err));
}

/* Whether @len bytes more may come. When they may not, nothing behind them does either. */
static gboolean has_room(Record *r, RecordFile file, gsize len)
{
	if (r->full[file])
		return FALSE;
	r->bytes[file] += len;
	r->all_bytes += len;
	r->full[file] = r->bytes[file] > r->file_max_bytes || r->all_bytes > r->boot_max_bytes;
	if (r->full[file] && file != RECORD_EVENTS)
		record_event(r, HOST_EVENT_FILE_FULL, "name", file_names[file]);
	return !r->full[file];
}

static void append(Record *r, RecordFile file, const char *data, gsize len)
{
	if (!has_room(r, file, len))
		return;
	while (len > 0) {
		ssize_t n = write(r->fd[file], data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fail(r, file_names[file], errno);
			return;
		}
		data += n;
		len -= n;
	}
}

Record *record_new(const char *dir, GError **error)
{
	g_autoptr(Record) r = g_new0(Record, 1);

	r->dir = g_strdup(dir);
	r->start_us = g_get_monotonic_time();
	record_set_max(r, RECORD_FILE_MAX_BYTES, RECORD_BOOT_MAX_BYTES);
	memset(r->fd, -1, sizeof(r->fd));
	if (g_mkdir(dir, 0755) < 0)
		fail(r, "", errno);
	for (int i = 0; i < RECORD_FILE_COUNT && !r->error; i++) {
		g_autofree char *path = g_build_filename(dir, file_names[i], NULL);

		r->fd[i] = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
		if (r->fd[i] < 0)
			fail(r, file_names[i], errno);
	}
	if (r->error) {
		g_propagate_error(error, g_steal_pointer(&r->error));
		return NULL;
	}
	return g_steal_pointer(&r);
}

void record_free(Record *r)
{
	if (!r)
		return;
	for (int i = 0; i < RECORD_FILE_COUNT; i++)
		if (r->fd[i] >= 0)
			close(r->fd[i]);
	for (int i = 0; i < HOST_EVENT_COUNT; i++)
		g_free(r->first_value[i]);
	g_clear_error(&r->error);
	g_free(r->dir);
	g_free(r);
}

void record_set_max(Record *r, guint64 file_max_bytes, guint64 boot_max_bytes)
{
	r->file_max_bytes = file_max_bytes;
	r->boot_max_bytes = boot_max_bytes;
}

const GError *record_error(const Record *r)
{
	return r->error;
}

/* The clock of all records. */
static gint64 now_us_of(const Record *r)
{
	return g_get_monotonic_time() - r->start_us;
}

void record_console(Record *r, const char *data, gsize len)
{
	gint64 now_us = now_us_of(r);
	char times[64];
	int n;

	append(r, RECORD_CONSOLE, data, len);
	r->console_bytes += len;
	/* An emulated UART sends a few bytes at a time: one time for each millisecond will do. */
	if (r->console_bytes > len && now_us - r->console_us < 1000)
		return;
	r->console_us = now_us;
	n = g_snprintf(times, sizeof(times), "%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT "\n", now_us,
		       r->console_bytes - len);
	append(r, RECORD_CONSOLE_TIMES, times, n);
}

void record_json(Record *r, RecordFile file, JsonObject *object)
{
	gint64 now_us = now_us_of(r);
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;

	json_object_set_int_member(object, "host_us", now_us);
	text = rj_print(object, FALSE);
	/* One that no reader would take is told of instead. */
	if (strlen(text) >= RESULTS_LINE_MAX_BYTES)
		line = g_strdup_printf("{\"host\":\"too-long\",\"bytes\":%zu,\"host_us\":%" PRId64
				       "}\n",
				       strlen(text), now_us);
	else
		line = g_strconcat(text, "\n", NULL);
	append(r, file, line, strlen(line));
}

void record_qmp(Record *r, char direction, const char *line)
{
	JsonObject *o = json_object_new();
	char dir[2] = {direction, '\0'};

	rj_set_text(o, "dir", dir);
	rj_set_text(o, "line", line);
	record_json(r, RECORD_QMP, o);
}

static const char *const text_keys[] = {"text",	   "value", "reason", "name", "release", "version",
					"machine", "pfns",  "walker", "func", "window",	 NULL};

JsonObject *record_line(const GuestMsg *msg)
{
	JsonObject *o = json_object_new();

	rj_set_text(o, "agent", wire_verb_table[guest_verb(msg)].name);
	for (guint i = 0; guest_key(msg, i); i++) {
		gint64 number;

		/* The guest may not overwrite what the host says. */
		if (g_str_equal(guest_key(msg, i), "agent") ||
		    g_str_equal(guest_key(msg, i), "host_us"))
			continue;
		/* All that can be a number is one, so that readers need no casts; but free text
		 * stays text, whatever it looks like. */
		if (!g_strv_contains(text_keys, guest_key(msg, i)) &&
		    g_ascii_string_to_signed(guest_value(msg, i), 10, G_MININT64, G_MAXINT64,
					     &number, NULL))
			json_object_set_int_member(o, guest_key(msg, i), number);
		else
			rj_set_text(o, guest_key(msg, i), guest_value(msg, i));
	}
	return o;
}

void record_message(Record *r, const GuestMsg *msg)
{
	RecordFile file = RECORD_EVENTS;

	if (guest_verb(msg) == WIRE_KMSG)
		file = RECORD_KMSG;
	else if (guest_verb(msg) == WIRE_COUNT || guest_verb(msg) == WIRE_MEM ||
		 guest_verb(msg) == WIRE_PROBE || guest_verb(msg) == WIRE_WINDOW ||
		 guest_verb(msg) == WIRE_VISIT)
		file = RECORD_COUNTERS;
	record_json(r, file, record_line(msg));
}

void record_event(Record *r, HostEvent event, const char *key, const char *value)
{
	JsonObject *o = json_object_new();

	if (r->events[event]++ == 0)
		r->first_value[event] = g_strdup(value);
	rj_set_text(o, "host", impairment_of_host(event)->name);
	if (key)
		rj_set_text(o, key, value);
	record_json(r, RECORD_EVENTS, o);
}

guint64 record_event_count(const Record *r, HostEvent event, const char **value)
{
	if (value)
		*value = r->first_value[event];
	return r->events[event];
}

gboolean record_file(Record *r, const char *name, const void *data, gsize len)
{
	g_autofree char *path = g_build_filename(r->dir, name, NULL);
	g_autoptr(GError) bad = NULL;

	if (g_file_set_contents_full(path, data, len, G_FILE_SET_CONTENTS_CONSISTENT, 0644, &bad))
		return TRUE;
	if (!r->error)
		r->error = g_error_new_literal(PFNHUNT_ERROR, PFNHUNT_ERROR_INFRA, bad->message);
	return FALSE;
}

gboolean record_json_file(Record *r, const char *name, JsonObject *object)
{
	g_autofree char *text = rj_print(object, TRUE);
	g_autofree char *with_end = g_strconcat(text, "\n", NULL);

	return record_file(r, name, with_end, strlen(with_end));
}
