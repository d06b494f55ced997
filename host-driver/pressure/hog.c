/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See hog.h. */
#include "host-driver/pressure/hog.h"
#include "host-driver/pressure/vcpu.h"

#include <unistd.h>

typedef struct {
	Hog *hog;
	GThread *thread;
	guint place;
} Spinner;

struct Hog {
	gint stop; /* atomic */
	guint count;
	Spinner spinners[];
};

static gpointer spin(gpointer user)
{
	Spinner *spinner = user;

	/* Where that fails it spins wherever it is put. */
	vcpu_pin(gettid(), spinner->place);
	while (!g_atomic_int_get(&spinner->hog->stop))
		;
	return NULL;
}

Hog *hog_new(guint count)
{
	Hog *hog = g_malloc0(sizeof(Hog) + count * sizeof(Spinner));

	hog->count = count;
	for (guint i = 0; i < count; i++) {
		hog->spinners[i] = (Spinner){.hog = hog, .place = i};
		hog->spinners[i].thread = g_thread_try_new("hog", spin, &hog->spinners[i], NULL);
	}
	return hog;
}

void hog_free(Hog *hog)
{
	g_atomic_int_set(&hog->stop, 1);
	for (guint i = 0; i < hog->count; i++)
		if (hog->spinners[i].thread)
			g_thread_join(hog->spinners[i].thread);
	g_free(hog);
}
