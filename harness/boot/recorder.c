/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetches the agent's recorder out of guest RAM: at the first splat, at the end, and
 * when the guest is dead, which is what it is for.
 */
#include "harness/boot/internal.h"

#include <string.h>

#define READ_AGAIN 3u /* a boot */

typedef struct {
	Boot *boot;
	guint page;
} PageRead;

/* A machine that is busy with its own end refuses now and then: it is asked again. */
static void read_failed(Boot *boot)
{
	if (boot->machine.running && boot->recorder.again++ < READ_AGAIN)
		boot_read_recorder(boot);
	else
		record_event(boot->record, HOST_EVENT_RECORDER_UNREAD, "reason",
			     boot->recorder.failure);
}

static void page_done(Vm *vm, GBytes *bytes, const GError *error, gpointer user)
{
	g_autofree PageRead *read = user;
	Boot *boot = read->boot;
	gsize len = 0;
	const void *data = bytes ? g_bytes_get_data(bytes, &len) : NULL;

	if (!error && len == REC_PAGE)
		memcpy(boot->recorder.raw + (gsize)read->page * REC_PAGE, data, REC_PAGE);
	else if (!boot->recorder.failure)
		boot->recorder.failure = g_strdup(error ? error->message : "short read");
	if (--boot->recorder.pending > 0)
		return;
	if (boot->recorder.failure) {
		read_failed(boot);
		return;
	}
	record_file(boot->record, "recorder.bin", boot->recorder.raw, (gsize)REC_PAGES * REC_PAGE);
	g_clear_pointer(&boot->recorder.last, recorder_ring_free);
	boot->recorder.last = recorder_ring_parse(boot->recorder.raw, (gsize)REC_PAGES * REC_PAGE);
	if (!boot->splats.first_us || boot->recorder.first)
		return;
	/* The ring turns on while the guest lives: what led to the first splat is kept apart. */
	record_file(boot->record, "recorder-first.bin", boot->recorder.raw,
		    (gsize)REC_PAGES * REC_PAGE);
	boot->recorder.first = recorder_ring_parse(boot->recorder.raw, (gsize)REC_PAGES * REC_PAGE);
}

void boot_read_recorder(Boot *boot)
{
	if (!boot->machine.running || boot->agent.rec_known < REC_PAGES || boot->recorder.pending)
		return;
	g_clear_pointer(&boot->recorder.failure, g_free);
	boot->recorder.pending = REC_PAGES;
	if (!boot->recorder.raw)
		boot->recorder.raw = g_malloc0((gsize)REC_PAGES * REC_PAGE);
	for (guint i = 0; i < REC_PAGES; i++) {
		PageRead *read = g_new(PageRead, 1);

		*read = (PageRead){boot, i};
		boot->machine.vm->ops->read_memory(boot->machine.vm,
						   boot->agent.rec_pfn[i] * boot->agent.page_bytes,
						   REC_PAGE, page_done, read);
	}
}

void boot_recorder_clear(Boot *boot)
{
	g_clear_pointer(&boot->recorder.last, recorder_ring_free);
	g_clear_pointer(&boot->recorder.first, recorder_ring_free);
	g_free(boot->recorder.failure);
	g_free(boot->recorder.raw);
}
