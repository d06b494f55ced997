/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fetches the agent's flight recorder out of guest RAM: at the first splat, at the end, and
 * when the guest is dead, which is what it is for.
 */
#include "harness/boot/internal.h"

#include <string.h>

typedef struct {
	Boot *boot;
	guint page;
} PageRead;

static void page_done(Vm *vm, GBytes *bytes, const GError *error, gpointer user)
{
	g_autofree PageRead *read = user;
	Boot *boot = read->boot;
	gsize len = 0;
	const void *data = bytes ? g_bytes_get_data(bytes, &len) : NULL;

	if (error || len != REC_PAGE)
		boot->rec_failed = TRUE;
	else
		memcpy(boot->rec_raw + (gsize)read->page * REC_PAGE, data, REC_PAGE);
	if (--boot->rec_pending > 0)
		return;
	if (boot->rec_failed) {
		record_event(boot->record, "recorder-unread", "reason",
			     error ? error->message : "short read");
		return;
	}
	record_file(boot->record, "recorder.bin", boot->rec_raw, (gsize)REC_PAGES * REC_PAGE);
	g_clear_pointer(&boot->flight, flight_free);
	boot->flight = flight_parse(boot->rec_raw, (gsize)REC_PAGES * REC_PAGE);
	if (!boot->splat_us || boot->flight_first)
		return;
	/* The ring turns on while the guest lives: what led to the first splat is kept apart. */
	record_file(boot->record, "recorder-first.bin", boot->rec_raw, (gsize)REC_PAGES * REC_PAGE);
	boot->flight_first = flight_parse(boot->rec_raw, (gsize)REC_PAGES * REC_PAGE);
}

void boot_read_flight(Boot *boot)
{
	if (!boot->vm_running || boot->rec_known < REC_PAGES || boot->rec_pending)
		return;
	boot->rec_failed = FALSE;
	boot->rec_pending = REC_PAGES;
	if (!boot->rec_raw)
		boot->rec_raw = g_malloc0((gsize)REC_PAGES * REC_PAGE);
	for (guint i = 0; i < REC_PAGES; i++) {
		PageRead *read = g_new(PageRead, 1);

		*read = (PageRead){boot, i};
		boot->vm->ops->read_memory(boot->vm, boot->rec_pfn[i] * boot->page_bytes, REC_PAGE,
					   page_done, read);
	}
}
