/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results as JSON objects for machines: the records of records.h, filled. docs/json-schema.md
 * describes them.
 */
#ifndef PFNHUNT_RESULTS_EXPORT_H
#define PFNHUNT_RESULTS_EXPORT_H

#include "harness/report/records.h"

/* All (transfer full). */
JsonObject *rexport_hunt(const RHunt *hunt);
JsonObject *rexport_hunt_row(const StoreHunt *hunt);
JsonObject *rexport_boot(const RHunt *hunt, const RBoot *boot, gboolean with_recorder);
JsonObject *rexport_exposure_row(const ExposureRow *row);
JsonObject *rexport_signature(const StoreIncident *incident);
/* @of: all but the two hunts. */
JsonObject *rexport_comparison(const RHunt *a, const RHunt *b, const ComparisonRecord *of);

#endif
