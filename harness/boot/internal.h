/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State of one boot, shared by boot.c (life), agent.c (messages), result.c (judging). */
#ifndef PFNHUNT_BOOT_INTERNAL_H
#define PFNHUNT_BOOT_INTERNAL_H

#include "guest-agent/contract/recorder.h"
#include "guest-agent/contract/wire.h"
#include "harness/boot/boot.h"
#include "harness/results/recorder-ring.h"
#include "harness/scenario/plan.h"
#include "host-driver/base/units.h"

typedef enum {
	BOOT_POWER_ON, /* waits for hello */
	BOOT_PLUG,     /* plan sent, waits for the memory */
	BOOT_RUN,      /* ops run until done */
	BOOT_STOPPING, /* stop sent, waits for done */
	BOOT_CORPSE,   /* does not answer: NMI sent, its last words are collected */
	BOOT_ENDING,   /* poweroff or kill, waits for QEMU's end */
	BOOT_OVER,
} BootState;

typedef struct {
	char *state, *reason; /* the agent's words, or NULL */
	gboolean hammer;
	guint64 first_steps, steps, offlines;
	guint counts; /* count lines seen */
} BootOp;

typedef struct {
	enum { DIMM_NONE, DIMM_COMING, DIMM_THERE, DIMM_LEAVING } state;
	char name[16];
} BootDimm;

struct Boot {
	BootConfig config;
	BootDeadlines deadlines;
	char *dir, *initrd_path, *name, *moved_from; /* copies behind config */
	const BootListener *listener;
	gpointer user;

	Vm *vm;
	gboolean vm_running;
	gboolean launching; /* the guest has yet to begin */
	Record *record;
	Triage *triage;
	Triage *last_words; /* what our NMI made it say, or NULL */
	gboolean nmi_taken; /* by the machine; whether a CPU took it is another thing */
	guint64 console_at_nmi;
	Plan *plan;
	struct wire_reader reader;
	BootState state;
	gint64 state_since_us, started_us, heard_us, console_us, pinged_us, progress_us, memory_us;
	guint tick_id, resize_id, balloon_id, dimm_id;
	gint64 run_since_us;  /* host clock when the ops started */
	guint64 resize_bytes; /* target of the armed resize */
	BootDimm dimm[SCENARIO_DIMMS_MAX];
	guint dimms_wanted, dimms_made;
	guint64 balloon_bytes; /* what the balloon is to take next */
	guint64 plugged_bytes; /* of all devices, as last asked */
	gint64 plugged_us;     /* when that was last another one */
	gboolean plugging;     /* some device is not what it was asked to be */
	guint64 ping_id, progress_offlines;
	guint64 console_bytes, bad_lines;

	Exposure *exposure; /* as told so far */
	BootOp *ops;	    /* one a scenario op */
	guint op_count;
	gboolean hello, done, interrupted, saw_panic;
	gboolean poweroff; /* it is to switch itself off */
	gboolean poweroff_sent;
	gboolean host_lost;
	GPtrArray *pressures; /* of BootPressure, pressure.c */
	pid_t *threads;	      /* of the vCPUs, on this machine */
	guint thread_count;
	gint64 hello_us; /* host clock */
	gint64 hello_ns; /* guest clock */
	gint64 go_ns;	 /* guest clock when the ops started, -1 before */
	gint64 last_ns;	 /* guest clock last heard */
	gint64 splat_us; /* host clock of the first splat that is no artefact, 0 before */
	guint64 page_bytes, block_bytes;
	guint64 hits_live;
	char *quiet, *endless, *exited, *infra;

	guint64 rec_pfn[REC_PAGES];
	guint rec_known; /* pages whose PFN the agent told */
	guint8 *rec_raw; /* REC_PAGES pages */
	guint rec_pending;
	gboolean rec_failed;
	Flight *flight;	      /* the last good read */
	Flight *flight_first; /* the first read after the first splat */

	GHashTable *plugged; /* device id -> last recorded text */
};

/* state.c: the states, and the ways from one to the next. */
void boot_set_state(Boot *boot, BootState state);
/* To the agent, when the machine still runs; @line ends in '\n'. */
void boot_send_line(Boot *boot, const char *line);
/* Asks the agent to end the run; @why is for the record. */
void boot_stop_run(Boot *boot, const char *why);
/*
 * It does not answer: what it said until now is all that counts. With @nmi it is asked where it
 * hangs.
 */
void boot_become_corpse(Boot *boot, gboolean nmi);
/* Ends it: by the agent's poweroff, or at once. May be called again. */
void boot_end(Boot *boot, gboolean poweroff);
/* Goes on to the next state when a deadline of this one has passed. In each tick. */
void boot_check_deadlines(Boot *boot, gint64 now_us);
gboolean boot_is_emulated(const BootConfig *config);

/* pressure.c: as those of resize.c, who call them; and what came of it, or NULL. */
void boot_pressure_run(Boot *boot);
void boot_pressure_stop(Boot *boot);
JsonArray *boot_pressure_json(const Boot *boot);

/* resize.c: in each tick while the ops run; and at the end of that. */
void boot_resize_run(Boot *boot);
void boot_resize_stop(Boot *boot);

/* dimm.c: the same for DIMMs, and what QEMU tells of them. */
void boot_dimm_run(Boot *boot);
void boot_dimm_stop(Boot *boot);
void boot_dimm_event(Boot *boot, const char *name, JsonObject *data);

/* agent.c: bytes from the agent. */
void boot_agent_bytes(Boot *boot, const char *data, gsize len);

/* threads.c: finds out what host threads run the vCPUs, and pins them where asked. */
void boot_threads_find(Boot *boot);

/* recorder.c: reads the recorder into boot->flight, when its pages are known. */
void boot_read_flight(Boot *boot);

/* result.c: judges, writes verdict.json. */
BootResult *boot_judge(Boot *boot);

#endif
