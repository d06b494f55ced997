/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results as JSON objects for machines: the one schema behind `--json` and the JSON lines of
 * `pfnhunt report`. docs/json-schema.md describes it, docs/json-schema.json checks it.
 */
#ifndef PFNHUNT_RESULTS_EXPORT_H
#define PFNHUNT_RESULTS_EXPORT_H

#include "harness/results/exposure-rows.h"
#include "harness/results/model.h"
#include "harness/store/store.h"

#include <json-glib/json-glib.h>

/* Raised when a member changes its meaning or goes; new members may come without. */
#define RESULTS_SCHEMA 2

/* {"schema": 1, "type": @type}. All objects here are (transfer full). */
JsonObject *rexport_new(const char *type);
JsonObject *rexport_hunt(const RHunt *hunt);
JsonObject *rexport_hunt_row(const StoreHunt *hunt);
JsonObject *rexport_boot(const RHunt *hunt, const RBoot *boot, gboolean with_recorder);
JsonObject *rexport_exposure_row(const ExposureRow *row);
JsonObject *rexport_signature(const StoreIncident *incident);

#endif
