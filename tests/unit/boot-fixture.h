/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A boot on the scripted machine, from a script to its verdict, and scripts that many tests begin
 * with. */
#ifndef PFNHUNT_BOOT_FIXTURE_H
#define PFNHUNT_BOOT_FIXTURE_H

#include "harness/boot/boot.h"

#define HELLO                                                                                      \
	"10 console [    0.1] Linux version 6.1.0\\n\n"                                            \
	"20 agent hello proto=1 release=6.1.0 version=v machine=x86_64 cpus=2 page_bytes=4096 "    \
	"block_bytes=134217728 t_ns=1000000000 rec_pages=17\n"
#define RUNS                                                                                       \
	HELLO "on plug +5 agent phase t_ns=1100000000 name=plug\n"                                 \
	      "on go +1 agent opstate inst=0 name=null-hammer state=ready\n"                       \
	      "on go +1 agent opstate inst=1 name=damon state=skipped reason=no%20DAMON\n"         \
	      "on go +2 agent phase t_ns=1200000000 name=run\n"                                    \
	      "on go +10 agent count t_ns=1210000000 inst=0 name=null-hammer steps=5 offlines=5\n" \
	      "on go +30 agent count t_ns=1230000000 inst=0 name=null-hammer steps=9 offlines=9\n"
#define ENDS                                                                                       \
	"on go +300 agent done t_ns=1500000000 reason=duration ops=1 steps=9\n"                    \
	"on poweroff +5 exit 0\n"
#define WARNING                                                                                    \
	"on go +20 console [    1.221000] ------------[ cut here ]------------\\n\n"               \
	"on go +20 console [    1.221100] WARNING: CPU: 0 PID: 111 at drivers/virtio/"             \
	"virtio_mem.c:1208 virtio_mem_fake_offline_going_offline+0x4f/0x60 [virtio_mem]\\n\n"      \
	"on go +20 console [    1.221200] CPU: 0 PID: 111 Comm: agent Not tainted 6.1.0 #1\\n\n"   \
	"on go +20 console [    1.221300] Call Trace:\\n[    1.221400]  <TASK>\\n\n"               \
	"on go +20 console [    1.221500]  virtio_mem_memory_notifier_cb+0x240/0x563 "             \
	"[virtio_mem]\\n[    1.221600]  offline_pages+0x24d/0x7a8\\n\n"                            \
	"on go +20 console [    1.221700] ---[ end trace 0000000000000000 ]---\\n\n"               \
	"on go +20 console [    1.221800] page:00000000ba547538 refcount:0 mapcount:-384 "         \
	"mapping:0000000000000000 index:0x4 pfn:0x1077a6\\n\n"                                     \
	"on go +20 console [    1.221900] page dumped because: fake-offline page referenced\\n\n"

typedef struct {
	char *root;
	GMainLoop *loop;
	BootResult *result;
	guint splats;
	Boot *boot;
	const TriageKnown *known;
	gboolean strict;
	gboolean patient; /* no deadline is meant to pass: long ones, for a loaded machine */
	guint console_ms, hello_ms; /* these deadlines, instead of short ones */
	const char *refusal;	    /* words of the error that starting must give, or NULL */
} BootFixture;

void boot_fixture_set_up(BootFixture *f, gconstpointer data);
void boot_fixture_tear_down(BootFixture *f, gconstpointer data);

/* Plays @script; @policy stands in the scenario's [policy], other groups may follow. */
void boot_fixture_play_policy(BootFixture *f, const char *script, const char *policy,
			      guint interrupt_ms);
void boot_fixture_play(BootFixture *f, const char *script);
/* What it must have come to, in result and verdict.json; @words stand in the reason. */
void boot_fixture_expect(BootFixture *f, Verdict verdict, const char *words);
/* Makes room for another boot: each wants a folder of its own. */
void boot_fixture_again(BootFixture *f);
/* verdict.json. (transfer full) */
JsonObject *boot_fixture_json(BootFixture *f);

#endif
