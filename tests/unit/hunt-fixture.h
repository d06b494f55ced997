/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole hunts on the scripted machine: a folder of their own, and scripts of guests. */
#ifndef PFNHUNT_TEST_HUNT_FIXTURE_H
#define PFNHUNT_TEST_HUNT_FIXTURE_H

#include "harness/hunt/hunt.h"

/* A guest that comes up and runs its op, of 9 offlines; and how its run ends. */
#define HUNT_HELLO                                                                                 \
	"10 console [    0.1] Linux version 6.1.0\\n\n"                                            \
	"20 agent hello proto=1 t_ns=1000000000 page_bytes=4096 block_bytes=134217728\n"           \
	"on plug +1 agent phase t_ns=1100000000 name=plug\n"                                       \
	"on go +1 agent opstate inst=0 name=null-hammer state=ready\n"                             \
	"on go +2 agent phase t_ns=1200000000 name=run\n"                                          \
	"on go +3 agent count t_ns=1210000000 inst=0 name=null-hammer steps=5 offlines=5\n"        \
	"on go +9 agent count t_ns=1230000000 inst=0 name=null-hammer steps=9 offlines=9\n"        \
	"on poweroff +2 exit 0\n"
#define HUNT_ENDS(after_ms)                                                                        \
	HUNT_HELLO "on go +" after_ms " agent done t_ns=1460000000 reason=duration ops=1 "         \
		   "steps=9\n"
#define HUNT_CLEAN HUNT_ENDS("150")
/* Only when it is told to; speaks meanwhile. */
#define HUNT_ENDLESS                                                                               \
	HUNT_HELLO "on stop +2 agent done t_ns=1260000000 reason=stop ops=1 steps=9\n"             \
		   "100 agent log text=x\n200 agent log text=x\n300 agent log text=x\n"
#define HUNT_SCENARIO "[scenario]\nsummary=s\n[memory vm0]\nrequested-size=4M\n[op null-hammer]\n"
#define HUNT_BRIEFLY  "[policy]\nduration=100ms\n"

typedef struct {
	char *root, *agent, *results; /* a folder, a file and a folder to be in it */
	Scenario *scenario;	      /* of the last hunt, with the rest of it: */
	HuntConfig config;
	HuntSummary summary;
} HuntFixture;

void hunt_fixture_init(HuntFixture *f);
/* Also makes the scripted machine forget all that a test has told it. */
void hunt_fixture_clear(HuntFixture *f);

/*
 * Runs a hunt of HUNT_SCENARIO and @groups, with the seed 42 on TCG of the scripted machine;
 * @config has what differs. As hunt_run().
 */
gboolean hunt_fixture_run(HuntFixture *f, const char *groups, HuntConfig config,
			  const HuntListener *listener, gpointer user, GError **error);

#endif
