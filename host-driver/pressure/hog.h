/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Busy threads: they take CPU time from whoever else wants it, until they are told to stop. */
#ifndef PFNHUNT_HOG_H
#define PFNHUNT_HOG_H

#include <glib.h>

typedef struct Hog Hog;

/* Starts @count threads, spread over the CPUs that we may run on. Never NULL. */
Hog *hog_new(guint count);
/* Ends them, and waits for that. */
void hog_free(Hog *hog);

#endif
