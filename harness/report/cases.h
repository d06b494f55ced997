/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hunt as test cases: one for each family of the race, and one for the machine itself. What
 * JUnit and KTAP share.
 */
#ifndef PFNHUNT_REPORT_CASES_H
#define PFNHUNT_REPORT_CASES_H

#include "harness/results/signature.h"

typedef enum { RCASE_PASS, RCASE_FAIL, RCASE_ERROR, RCASE_SKIP } RCaseState;

typedef struct {
	const char *family; /* incident_family_name(), or "machine" */
	RCaseState state;
	char *message; /* why, in one printable line; of a pass: how it is known, or NULL */
	char *detail;  /* splats and what belongs to them, printable lines; or NULL */
} RCase;

typedef struct {
	const RHunt *hunt;
	char *name;    /* "SCENARIO:KERNEL", unique among the suites: letters, digits and ._+:- */
	char *command; /* "pfnhunt run ..." that runs the same hunt again */
	double run_s;
	GPtrArray *cases; /* of RCase */
} RSuite;

/* A suite for each of @hunts (of RHunt), in their order. GPtrArray of RSuite, (transfer full). */
GPtrArray *report_suites(const GPtrArray *hunts);

/* The command that hunts the same: scenario, kernel, seed, number of boots. (transfer full) */
char *report_command(const RHunt *hunt);

#endif
