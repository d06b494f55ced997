/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The libvirt backend, from the bottom up: machine.c is what all of it knows, job.c hands work
 * to a thread, work.c is launch and end there, calls.c what is asked of a running guest,
 * libvirt.c the machine's life in the main loop.
 */
#ifndef PFNHUNT_VM_LIBVIRT_INTERNAL_H
#define PFNHUNT_VM_LIBVIRT_INTERNAL_H

#include "host-driver/vm/panic-hold.h"
#include "host-driver/vm/vm.h"
#include "host-driver/libvirt/connection.h"
#include "host-driver/libvirt/stream.h"
#include "host-driver/base/stream.h"

typedef struct LvJob LvJob;
typedef struct VmLibvirt VmLibvirt;

/*
 * Lives as long as anybody knows it: the main loop until free(), its worker, libvirt's
 * callbacks. What the worker sets is there for the main loop once the launch is over.
 */
struct VmLibvirt {
	Vm vm;
	gint refs;
	VmConfig *config; /* a copy */
	char *name;	  /* of the domain */
	GMainContext *context;

	/* What libvirt's callbacks and the killer tell, in the main loop. */
	void (*on_end)(VmLibvirt *v, int wait_status, const char *detail);
	/* @data, which may be NULL, is changed to our names. */
	void (*on_event)(VmLibvirt *v, const char *name, JsonObject *data);

	/* of the main loop alone */
	VmListener listener;
	gpointer user;
	LvStream *console, *agent; /* NULL after their end */
	Stream *socket;		   /* the console instead, of an embedded driver */
	VmHold *hold;
	GList *jobs;	   /* of LvJob: not yet answered */
	GAsyncQueue *back; /* of LvJob: back from their threads, for back_source */
	GSource *back_source;
	GSource *end_timer, *stop_timer, *drain_timer, *launch_timer, *lost_timer;
	char *detail; /* of the end */
	int wait_status;
	gboolean launched; /* the launch is over, well or not */
	gboolean stopping, resetting, lost, ended, over, freeing;

	/* of the worker, then read only */
	GAsyncQueue *queue; /* of LvJob; NULL before start() */
	LvHost *host;
	char *console_path, *agent_path; /* sockets that are ours to remove, or NULL */
	int console_fd;			 /* connected to it, or -1 */
	virDomainPtr dom;
	virStreamPtr console_st, agent_st;
	int lifecycle_id, qemu_id; /* registered callbacks, -1 */
	char *domain_xml;	   /* as it was when the guest began */

	GMutex mutex;
	GCond cond;
	gboolean cancelled; /* under mutex: do not begin, or end what has just begun */
	gboolean dead;	    /* under mutex: its domain is gone, or never was */
	gboolean left;	    /* under mutex: the worker is through */
	guint killers;	    /* under mutex: threads that are ending the domain */
};

/* machine.c */
VmLibvirt *lv_ref(VmLibvirt *v);
void lv_unref(VmLibvirt *v);
/* A line of management traffic, for the listener, unless the machine is over. Main loop. */
void lv_transcript(VmLibvirt *v, char direction, const char *line);

/* A piece of blocking work. @run in the worker, in order; @over in the main loop, once. */
struct LvJob {
	VmLibvirt *v;
	void (*run)(LvJob *job);     /* NULL: runs elsewhere, or @leave does */
	void (*leave)(VmLibvirt *v); /* the worker's last, also of a machine that is dead */
	/* Not when freeing. After a deadline the worker still has the rest of the job. */
	void (*over)(LvJob *job, const GError *error);
	VmDone done;
	VmMemoryDone memory;
	VmReadDone read;
	VmThreadsDone threads;
	gpointer user;
	const char *what;  /* for errors */
	guint deadline_ms; /* 0: none */
	char *device;	   /* of resize and DIMMs */
	guint64 bytes, gpa;
	guint32 len;
	GError *error;
	JsonNode *reply; /* what QEMU said */
	GBytes *data;
	GPtrArray *lines; /* of char *: for the transcript, '>' or '<' first */
	GSource *deadline;
	gint answered; /* atomic: the caller was told, or wants nothing to be done */
};

/* job.c */
/* Not started yet; holds a reference to @v. @what: static. */
LvJob *lv_job_new(VmLibvirt *v, const char *what, void (*run)(LvJob *job));
/* Queues; takes @job. @first: before what already waits. */
void lv_job_start(LvJob *job, gboolean first);
/* Takes @job, whose machine does not run: it ends with an error, from the main loop. */
void lv_job_refuse(LvJob *job);
/* Begins the thread that runs the jobs; ends it, after what already waits and then @leave. */
void lv_worker_start(VmLibvirt *v);
void lv_worker_end(VmLibvirt *v, void (*leave)(VmLibvirt *v));
/* From the thread that has run @job: hands it back to the main loop. */
void lv_job_back(LvJob *job);
void lv_job_free(LvJob *job);
/* What the main loop gets the jobs back by. (transfer full) */
GSource *lv_back_source(VmLibvirt *v);
/* A line for the transcript, from the worker. */
void lv_job_line(LvJob *job, char direction, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Answers what waits, with an error. FALSE when the machine was freed meanwhile. */
gboolean lv_jobs_fail(VmLibvirt *v, const char *why);
/* Frees those that are back, unheard. */
void lv_jobs_drop(VmLibvirt *v);

/* work.c */
/* The launch: a job's run(). The guest runs when it ends without error. */
void lv_launch(LvJob *job);
/* Deregisters, closes and lets go of all that the launch made; for lv_worker_end(). */
void lv_leave(VmLibvirt *v);
/* Ends the domain from a thread of its own; on_end() follows. Main loop. */
void lv_kill(VmLibvirt *v);
/* QMP through libvirt, from the worker; takes @arguments. Sets job->reply or job->error. */
void lv_qmp(LvJob *job, const char *command, JsonObject *arguments);

/* calls.c */
void lv_resize(Vm *vm, const char *device, guint64 requested_bytes, VmDone done, gpointer user);
void lv_balloon(Vm *vm, guint64 memory_bytes, VmDone done, gpointer user);
void lv_dimm_plug(Vm *vm, const char *id, guint64 bytes, VmDone done, gpointer user);
void lv_dimm_unplug(Vm *vm, const char *id, VmDone done, gpointer user);
void lv_query_memory(Vm *vm, VmMemoryDone done, gpointer user);
void lv_read_memory(Vm *vm, guint64 gpa, guint32 len, VmReadDone done, gpointer user);
void lv_nmi(Vm *vm, VmDone done, gpointer user);
void lv_query_threads(Vm *vm, VmThreadsDone done, gpointer user);
void lv_pause(Vm *vm, gboolean hold, VmDone done, gpointer user);
/* Stops the vCPUs, before all else that waits. */
void lv_suspend(VmLibvirt *v);

#endif
