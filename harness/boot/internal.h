/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State of one boot, shared by the files of this folder. */
#ifndef PFNHUNT_BOOT_INTERNAL_H
#define PFNHUNT_BOOT_INTERNAL_H

#include "guest-agent/contract/recorder.h"
#include "guest-agent/contract/wire.h"
#include "harness/boot/boot.h"
#include "harness/results/model.h"
#include "harness/results/recorder-ring.h"
#include "harness/scenario/plan.h"
#include "host-driver/base/units.h"
#include "host-driver/pressure/vcpu.h"

/*
 * The guest's clock may be far off when it is emulated under load: up to this many times as fast
 * as the host's, and this many seconds ahead.
 */
#define BOOT_CLOCK_FAST	  3
#define BOOT_CLOCK_FAST_S 5

typedef enum {
	BOOT_POWER_ON,	   /* waits for hello */
	BOOT_PLUG,	   /* plan sent, waits for the memory */
	BOOT_RUN,	   /* ops run until done */
	BOOT_STOPPING,	   /* stop sent, waits for done */
	BOOT_UNRESPONSIVE, /* does not answer: NMI sent, its last words are collected */
	BOOT_ENDING,	   /* poweroff or kill, waits for QEMU's end */
	BOOT_OVER,
} BootState;

typedef struct {
	char *state, *reason; /* the agent's words, or NULL */
	gboolean ended;	      /* before the run did */
	char *end;	      /* why, or NULL: as it was asked to */
	gboolean hammer;
	/* Offlines: those that got as far as MEM_GOING_OFFLINE, of them those that succeeded; and
	 * those that did not get so far. */
	guint64 first_steps, steps, offlines, offlines_ok, refused;
	guint counts;		    /* count lines seen */
	gint64 counted_us, rose_us; /* when the last count was heard, and the last that had risen */
} BootOp;

/* Each part of a boot is written by the file that stands above it, and read by all. */

/* state.c */
typedef struct {
	BootState now;
	gint64 since_us;
	char *quiet;	    /* when it hung, or NULL */
	BootState quiet_in; /* the state that it hung in */
	gboolean mute;	    /* until then it had not said a word, nor printed a byte */
	char *infra;	    /* what went wrong on our side, or NULL */
	gboolean interrupted;
	Triage *last_words; /* what our NMI made it say, or NULL */
	gboolean nmi_taken; /* by the machine; whether a CPU took it is another thing */
	guint64 console_at_nmi;
	gboolean poweroff; /* it is to switch itself off */
	gboolean poweroff_sent;
	gboolean overdue; /* its hard end has passed */
} BootLife;

/* agent.c: what the agent said. Times in ns are the guest's clock, those in us the host's. */
typedef struct {
	struct wire_reader reader;
	gint64 heard_us;
	gboolean hello, done;
	gboolean stopped; /* done because it was told to stop */
	gint64 hello_us, hello_ns;
	gint64 run_us; /* when the ops started */
	guint64 done_steps, done_ops;
	gint64 hotplug_ns; /* when the first hotplug event began: its plug, else the ops; or -1 */
	gint64 go_ns;	   /* when the ops started, -1 before */
	gint64 last_ns;	   /* last heard */
	guint64 page_bytes, block_bytes;
	BootOp *ops; /* one a scenario op */
	guint op_count;
	Exposure *exposure; /* as told so far */
	char *endless;	    /* what an op never came back from, or NULL; and its signature */
	char *endless_signature;
	guint64 bad_lines, wrong_counts, unknown_events;
	guint64 kmsg_seq; /* the highest that was heard */
	guint64 events[AGENT_EVENT_COUNT];
	char *event_detail[AGENT_EVENT_COUNT]; /* keys and values of the first one */
	GHashTable *symbols;		       /* name -> StageSymbol: those that were asked for */
	guint64 rec_pfn[REC_PAGES];
	guint rec_known; /* pages whose PFN the agent told */
} BootAgent;

/* boot.c: the machine, from outside. */
typedef struct {
	Vm *vm;
	gboolean running;
	gboolean launching; /* the guest has yet to begin */
	gint64 started_us, console_us;
	gint64 first_byte_us; /* of the console */
	gboolean paused;      /* it says so */
	guint64 console_bytes;
	gboolean saw_panic, lost;
	gboolean shut_down; /* it says so */
	char *exited;	    /* how it ended unasked, or NULL */
	gboolean reset;	    /* that was because the guest reset itself */
} BootMachine;

/* boot.c: the sizes of the virtio-mem devices. */
typedef struct {
	GHashTable *known;     /* device id -> last recorded text */
	guint64 plugged_bytes; /* of all devices, as last asked */
	gint64 plugged_us;     /* when that was last another one */
	gboolean plugging;     /* some device is not what it was asked to be */
	gint64 asked_us;
	gboolean asking;	  /* an answer is on its way */
	char *error;		  /* the last answer was that, or NULL */
	guint64 most_bytes;	  /* that ever was plugged */
	guint64 run_bytes;	  /* as last asked while the ops ran */
	guint run_looks, changes; /* how often that was, and how often it was another one */
} BootMemory;

/* boot.c: what is done in each tick. */
typedef struct {
	guint id;
	gint64 pinged_us, progress_us;
	guint64 ping_id, progress_offlines;
} BootTick;

/* splats.c */
typedef struct {
	Triage *triage;
	Triage *baseline; /* what came before the first hotplug event */
	gboolean cut[2];  /* of each TriageSource: what comes now is of after it */
	GString *tail;	  /* of the console, which may hold the begin of the mark */
	GString *line;	  /* of the console, as far as it has come */
	guint64 all;	  /* known ones and unknown ones */
	guint64 count;	  /* unknown ones */
	gint64 first_us;  /* host clock of the first unknown one, 0 before */
} BootSplats;

/* act.c */
typedef struct {
	GPtrArray *all;	 /* of BootAct; NULL before the ops are set up */
	gboolean armed;	 /* those that begin with the ops */
	gboolean over;	 /* there is nothing left to run the ops for */
	gint64 since_us; /* host clock when the ops started */
	/* Whether some of the guest stands still by one of them; how long that was, until when. */
	gboolean holds;
	gint64 looked_us, held_us, released_us;
} BootActs;

/* resize.c */
typedef struct {
	guint64 most_bytes; /* that was ever asked for */
	guint waiting;	    /* resizes without an answer */
} BootResize;

/* dimm.c */
typedef struct {
	enum { DIMM_NONE, DIMM_COMING, DIMM_THERE, DIMM_LEAVING } state;
	char name[16];
} BootDimm;
typedef struct {
	BootDimm slot[SCENARIO_DIMMS_MAX];
	guint made;
} BootDimms;

/* threads.c: the threads of the vCPUs, on this machine. */
typedef struct {
	pid_t *tid;
	guint count;
	gboolean asking; /* which they are */
	gint64 asked_us;
	gint64 looked_us, moved_us; /* when they were looked at, when one was seen to have run */
	guint64 most_ns;	    /* CPU time of the busiest */
	VcpuTimes *times, *at_word; /* now; and when the agent was last heard */
	gint64 at_word_us;
} BootVcpus;

/* recorder.c */
typedef struct {
	guint8 *raw; /* REC_PAGES pages */
	guint pending;
	char *failure;	     /* of the last read */
	guint again;	     /* reads after one that failed */
	RecorderRing *last;  /* the last good read */
	RecorderRing *first; /* the first read after the first splat */
} BootRecorder;

struct Boot {
	/* From boot_start() to the end. */
	BootConfig config;
	struct {
		char *dir, *initrd_path, *name, *moved_from;
	} copies; /* behind config */
	const BootListener *listener;
	gpointer user;
	Record *record;
	Plan *plan;

	BootLife life;
	BootAgent agent;
	BootMachine machine;
	BootMemory memory;
	BootTick tick;
	BootSplats splats;
	BootActs acts;
	BootResize resize;
	BootDimms dimms;
	BootVcpus vcpus;
	BootRecorder recorder;
};

/* state.c: the states, and the ways from one to the next. */
void boot_set_state(Boot *boot, BootState state);
/* What its deadlines are multiplied by, in percent: 100 to 100 * SCENARIO_PATIENCE_MAX. */
guint boot_patience(const Boot *boot);
/* Something on our side went wrong; the first one told counts. @reason: (transfer full) */
void boot_fail(Boot *boot, char *reason);
/* Asks the agent to end the run; @why is for the record. */
void boot_stop_run(Boot *boot, const char *why);
/*
 * It does not answer: what it said until now is all that counts. With @nmi it is asked where it
 * hangs.
 */
void boot_become_unresponsive(Boot *boot, gboolean nmi);
/* Ends it: by the agent's poweroff, or at once. May be called again. */
void boot_end(Boot *boot, gboolean poweroff);
/* Goes on to the next state when a deadline of this one has passed. In each tick. */
void boot_check_deadlines(Boot *boot, gint64 now_us);
void boot_state_clear(Boot *boot);

/* act.c: in each tick while the ops are set up and run; at the end of that; what came of them. */
void boot_acts_run(Boot *boot);
void boot_acts_stop(Boot *boot);
GPtrArray *boot_acts_told(const Boot *boot);	/* of RPressure; (transfer full) */
void boot_acts_look(Boot *boot, gint64 now_us); /* in each tick: whether one holds the guest */
GPtrArray *boot_acts_take_rounds(Boot *boot);	/* of RRound; (transfer full) */
void boot_acts_clear(Boot *boot);

/* dimm.c: what QEMU says of DIMMs. */
void boot_dimm_event(Boot *boot, const char *name, JsonObject *data);

/* agent.c: what is known before it says anything; then bytes from it. */
void boot_agent_init(Boot *boot);
void boot_agent_bytes(Boot *boot, const char *data, gsize len);
Exposure *boot_agent_take_exposure(Boot *boot); /* (transfer full) */
void boot_agent_clear(Boot *boot);

/* threads.c: finds out what host threads run the vCPUs, and pins them where asked. */
void boot_threads_find(Boot *boot);
/* In each tick: looks at the time that they get, and asks for them again where that failed. */
void boot_threads_look(Boot *boot, gint64 now_us);
/*
 * Since when the guest has been running, as far as its vCPUs got time: a host that is busy does not
 * bring the begin of a guest nearer to its deadline.
 */
gint64 boot_threads_since(const Boot *boot, gint64 now_us);
/* The guest fell silent: records whose doing that was, when it was the host's. */
void boot_threads_conclude(Boot *boot);
void boot_threads_clear(Boot *boot);

/* recorder.c: reads the recorder into boot->recorder, when its pages are known. */
void boot_read_recorder(Boot *boot);
void boot_recorder_clear(Boot *boot);

/* ask.c */
gboolean boot_is_emulated(const BootConfig *config);
/* Its machine is one that TCG emulates itself, see vm_host_is_emulated(). */
gboolean boot_host_is_emulated(const BootConfig *config);
/* To the agent, when the machine still runs; @line ends in '\n'. */
void boot_send_line(Boot *boot, const char *line);
/* Asks for the sizes of the devices, and so whether the machine answers at all. */
void boot_ask_memory(Boot *boot);

/* done.c: what of the end-of-run line cannot be true, in words, or NULL. (transfer full) */
char *boot_done_unfit(const Boot *boot, const GuestMsg *msg, const char *reason);

/* weigh.c: records what there is to conclude; all impairments. Of Impairment. (transfer full) */
GPtrArray *boot_weigh(Boot *boot);

/* splats.c: before the first byte of the guest; bytes and records of it, as triage_feed(). */
void boot_splats_init(Boot *boot);
void boot_splats_feed(Boot *boot, TriageSource source, const char *data, gsize len, gint64 t_us,
		      gint64 host_us);
/* The agent has told of the first hotplug event. */
void boot_splats_hotplug(Boot *boot);
gboolean boot_is_hunting(const Boot *boot);	    /* whether it has */
void boot_splats_settle(Boot *boot, gint64 now_us); /* in each tick */
void boot_splats_finish(Boot *boot);
/* Whether @incident can be the race, and not the doing of the emulator or the agent. */
gboolean boot_is_evidence(const Boot *boot, const Incident *incident);
void boot_splats_clear(Boot *boot);

/*
 * agent-end.c: an end of the guest that is not the kernel's doing. Bytes and records, as above; a
 * splat that tells of such an end, where no other one is behind it; and what is recorded of it.
 */
void boot_agent_end_feed(Boot *boot, TriageSource source, const char *data, gsize len);
gboolean boot_is_agent_end(const Splat *splat);
void boot_agent_end_conclude(Boot *boot);

/*
 * hang.c: the signature of what the boot hung in, borrowed or static, NULL when it did not hang;
 * and as one of the incidents of verdict.json. @known may be NULL. (transfer full)
 */
const char *boot_hang_signature(const Boot *boot);
/* @run_s: how long the ops ran until then. */
RIncident *boot_hang_incident(const Boot *boot, const char *reason, double run_s,
			      const KnownIssue *known);
/* Since the ops began, of what the kernel's log has at @t_us; -1: not known. */
double boot_after_go_s(const Boot *boot, gint64 t_us);

/* result.c: judges, writes verdict.json. */
BootResult *boot_judge(Boot *boot);

/*
 * files.c: boot.json and verdict.json. @ops: how each was judged. @hung: the hang is one of the
 * incidents.
 */
gboolean boot_write_start(Boot *boot, char **argv);
void boot_write_verdict(Boot *boot, BootResult *result, const VerdictOp *ops, gboolean hung,
			const KnownIssue *known);

#endif
