/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that can make a boot worth less, and what it does to the verdict: each event of the agent
 * (guest-agent/contract/events.h) and of the host (below) has its row. Who adds an event to either
 * list and forgets the row is told so by the compiler or by a test.
 */
#ifndef PFNHUNT_IMPAIRMENT_H
#define PFNHUNT_IMPAIRMENT_H

#include "guest-agent/contract/events.h"

#include <glib.h>

typedef enum {
	IMPAIRMENT_NONE,      /* all is as it should be */
	IMPAIRMENT_NOTE,      /* told, and that is all */
	IMPAIRMENT_UNEXPOSED, /* what the boot did not find proves nothing */
	IMPAIRMENT_INFRA,     /* our side, or what stands for it in the guest, cannot be believed */
} ImpairmentEffect;

/*
 * What the host writes into events.jsonl, and nothing else: id, name there, effect, what it means.
 * The second half is what the host concludes when the boot is over.
 */
/* clang-format off */
#define HOST_EVENTS(X)                                                                             \
	X(STOP, "stop", NONE, "the agent was told to end the run")                                 \
	X(END, "end", NONE, "the machine was told to end")                                         \
	X(EXITED, "exited", NONE, "the machine is gone")                                           \
	X(VM_EVENT, "vm-event", NONE, "the machine told of something")                             \
	X(SEND_FAILED, "send-failed", INFRA, "a line to the agent could not be sent")              \
	X(NMI, "nmi", NONE, "the guest was asked where it hangs")                                  \
	X(NMI_FAILED, "nmi-failed", NOTE, "the machine took no NMI")                               \
	X(CONSOLE_QUIETED, "console-quieted", NONE, "too many splats for an emulated UART")        \
	X(BAD_LINE, "bad-line", UNEXPOSED, "a line of the agent was none: it may have told of a splat")  \
	X(LONG_LINES_DROPPED, "long-lines-dropped", UNEXPOSED, "lines of the agent were too long") \
	X(UNKNOWN_EVENT, "unknown-event", NOTE, "the agent sent an event that this pfnhunt does not know") \
	X(HELLO_AGAIN, "hello-again", UNEXPOSED, "the agent said hello twice: there are two, or the guest began anew") \
	X(OTHER_KERNEL, "other-kernel", INFRA, "the guest does not run the kernel under test")     \
	X(RESET, "reset", UNEXPOSED, "the guest was reset")                                        \
	X(SHUT_DOWN, "shut-down", UNEXPOSED, "the machine was shut down while its agent went on")  \
	X(KMSG_MISSED, "kmsg-missed", UNEXPOSED, "records of the kernel's log did not arrive: they may have had a splat") \
	X(WRONG_COUNT, "wrong-count", UNEXPOSED, "counters of the agent that cannot be")           \
	X(FILE_FULL, "file-full", NOTE, "a file of the boot came to its largest size")             \
	X(SILENT, "silent", NONE, "more was used than plugged")                                    \
	X(RESIZE, "resize", NONE, "a device was asked for another size")                           \
	X(RESIZE_FAILED, "resize-failed", NOTE, "a resize was refused")                            \
	X(BALLOON, "balloon", NONE, "the balloon was asked for another size")                      \
	X(BALLOON_FAILED, "balloon-failed", NOTE, "a change of the balloon was refused")           \
	X(DIMM_PLUG, "dimm-plug", NONE, "a DIMM was to come")                                      \
	X(DIMM_PLUG_FAILED, "dimm-plug-failed", NOTE, "a DIMM was refused")                        \
	X(DIMM_UNPLUG, "dimm-unplug", NONE, "a DIMM was to go")                                    \
	X(DIMM_UNPLUG_FAILED, "dimm-unplug-failed", NOTE, "a DIMM could not be asked to go")       \
	X(PIN, "pin", NONE, "a vCPU was pinned")                                                   \
	X(PIN_FAILED, "pin-failed", NOTE, "a vCPU was not pinned")                                 \
	X(RECORDER_UNREAD, "recorder-unread", NOTE, "the recorder could not be read")       \
	X(PRESSURE, "pressure", NONE, "a step of pressure began")                                  \
	X(PRESSURE_FAILED, "pressure-failed", NOTE, "a step of pressure failed")                   \
	X(PRESSURE_SKIPPED, "pressure-skipped", NOTE, "a pressure of the scenario was not applied")\
	X(ROUND, "round", NONE, "a round of the choreography reached all its stands")              \
	X(ROUND_GIVEN_UP, "round-given-up", NOTE, "a round of the choreography did not reach all its stands") \
	X(CHOREOGRAPHY_ENDED, "choreography-ended", UNEXPOSED, "the choreography ended before all its rounds") \
	X(DISCARDED, "discarded", NONE, "pages were taken from the guest")                         \
	X(NOT_PLUGGED, "not-plugged", UNEXPOSED, "nothing of the memory devices was ever plugged") \
	X(SIZE_STAYED, "size-stayed", UNEXPOSED, "no resize was ever followed")                    \
	X(OVER_PLUGGED, "over-plugged", INFRA, "more was plugged than was ever asked for")         \
	X(NO_RESIZE, "no-resize", UNEXPOSED, "every resize was refused")                           \
	X(NO_BALLOON, "no-balloon", UNEXPOSED, "every change of the balloon was refused")          \
	X(NO_DIMM, "no-dimm", UNEXPOSED, "every DIMM was refused")                                 \
	X(NO_ANSWER, "no-answer", INFRA, "the machine's monitor does not answer")                  \
	X(NO_CHANGE, "no-change", UNEXPOSED, "the state of no memory block changed while the ops ran") \
	X(DONE_UNFIT, "done-unfit", INFRA, "the end-of-run line does not fit")                     \
	X(AGENT_DIED, "agent-died", INFRA, "the agent in the guest died, and not of the kernel")   \
	X(PAUSED, "paused", INFRA, "the machine was paused, so its guest could not answer")        \
	X(STARVED, "starved", INFRA, "the host gave the guest's vCPUs no time, so it could not answer") \
	X(OUT_OF_MEMORY, "out-of-memory", INFRA, "the guest has too little memory for what it is to do")
/* clang-format on */

typedef enum {
#define X(id, name, effect, text) HOST_EVENT_##id,
	HOST_EVENTS(X)
#undef X
		HOST_EVENT_COUNT
} HostEvent;

typedef struct {
	const char *name, *text;
	ImpairmentEffect effect;
} ImpairmentKind;

/* Of each event; all members are there. */
const ImpairmentKind *impairment_of_host(HostEvent event);
const ImpairmentKind *impairment_of_agent(enum agent_event event);
/* The event of that name, AGENT_EVENT_COUNT for none. */
enum agent_event impairment_agent_event(const char *name);
/* "note", "unexposed", "infra"; "none". */
const char *impairment_effect_name(ImpairmentEffect effect);

/* What came of it in one boot. */
typedef struct {
	const ImpairmentKind *kind;
	gboolean host; /* who told it: the host, or the agent */
	guint64 count;
	char *detail; /* of the first one, clean text, or NULL */
} Impairment;

/* "every resize was refused: device is busy": for a person. (transfer full) */
char *impairment_text(const Impairment *impairment);
/* The first of those with the worst effect; NULL when there is none. @list: of Impairment. */
const Impairment *impairment_worst(const GPtrArray *list);
void impairment_free(gpointer impairment);

#endif
