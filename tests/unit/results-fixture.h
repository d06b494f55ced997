/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hunts' folders made up for the tests of the store, the tables and the reports. */
#ifndef PFNHUNT_TEST_RESULTS_FIXTURE_H
#define PFNHUNT_TEST_RESULTS_FIXTURE_H

#include <glib.h>

typedef struct {
	const char *id, *started, *scenario, *kernel;
	const char *verdict; /* NULL: it was killed, no summary.json */
} FixtureHunt;

typedef struct {
	const char *folder;
	const char *verdict; /* NULL: it was killed, no verdict.json */
	const char *title;   /* of an incident; NULL: none */
	const char *signature;
	double hit_s, run_s;
	const char *console; /* NULL: a few harmless lines */
} FixtureBoot;

#define FIXTURE_WARN   "WARNING in virtio_mem_memory_notifier_cb"
#define FIXTURE_SIG    "warning:drivers/virtio/virtio_mem.c:fake-offline-page-referenced"
#define FIXTURE_KERNEL "6.12.95+deb12-amd64"

/* The folder's path; (transfer full). */
char *fixture_hunt(const char *root, const FixtureHunt *hunt);
void fixture_boot(const char *hunt_dir, const FixtureBoot *boot);
/* Two hunts of three boots, with hostile text in all places where a guest can put some. */
void fixture_results(const char *root);

char *fixture_tmp(void);
void fixture_write(const char *dir, const char *name, const char *text);
char *fixture_read(const char *dir, const char *name);

#endif
