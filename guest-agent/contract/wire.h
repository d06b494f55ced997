/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire protocol between host and agent over virtio-serial: each message is a line of text.
 *
 *	VERB key=value key=value ...\n
 *
 * A value is printable ASCII; '%' and everything outside '!'..'~' is written as %XX. It is text so
 * that transcripts are readable, and lines so that a dying guest loses at most one. Both ends use
 * the same parser; to the host its input is hostile.
 *
 * No GLib and no allocation: the agent uses this, too.
 */
#ifndef PFNHUNT_WIRE_H
#define PFNHUNT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PROTO    1
#define WIRE_LINE_MAX 8192 /* bytes of a line with its newline; longer lines are refused */
#define WIRE_KV_MAX   64
#define WIRE_PORT     "org.pfnhunt.agent.0" /* name of the virtio-serial port */

/*
 * X(ID, verb, sender: 'g'uest or 'h'ost, help). The parser, docs/wire.md and the fuzzer follow this
 * table. "..." in the help: more keys may follow, which depend on the op.
 */
#define WIRE_VERBS(X)                                                                              \
	X(HELLO, "hello", 'g',                                                                     \
	  "proto= release= version= machine= cpus= page_bytes= block_bytes= t_ns= rec_pages=")     \
	X(REC, "rec", 'g', "first= pfns=comma-separated hex: guest PFNs of the recorder")          \
	X(CAP, "cap", 'g', "name= value=: one fact about the guest")                               \
	X(OPSTATE, "opstate", 'g', "inst= name= state=ready|skipped|failed|ended reason=")         \
	X(PHASE, "phase", 'g', "t_ns= name=modules|plug|setup|run|stop|end")                       \
	X(COUNT, "count", 'g', "t_ns= inst= name= steps= ...: totals since go, once a second")     \
	X(MEM, "mem", 'g', "t_ns= total_kb= blocks= online= partly= offline_pages= plugged_kb=")   \
	X(PROBE, "probe", 'g',                                                                     \
	  "t_ns= layer=bpf|kprobe|user|off on=0|1 reason= ...: what counts exposure from now on")  \
	X(WINDOW, "window", 'g',                                                                   \
	  "t_ns= name= opened= open_ns= longest_ns= overlap= lost=: totals of a kind of window")   \
	X(VISIT, "visit", 'g',                                                                     \
	  "t_ns= walker= func= window= visits= inside= offline= nearest_ns=: totals of a walker")  \
	X(EVENT, "event", 'g', "t_ns= inst= name= ...: something worth a line, at once")           \
	X(KMSG, "kmsg", 'g', "seq= t_us= prio= caller= text=: one /dev/kmsg record")               \
	X(SYMBOL, "symbol", 'g', "name= addr= end=: where a symbol of the kernel is; in hex")      \
	X(PONG, "pong", 'g', "id= t_ns=")                                                          \
	X(LOG, "log", 'g', "text=: the agent's own words")                                         \
	X(DONE, "done", 'g', "t_ns= reason= ops= steps= kmsg_seq=: the end-of-run line")           \
	X(PLAN, "plan", 'h', "proto= seed= online_policy= probe= probe_cost_ms= removal=0|1")      \
	X(PATIENCE, "patience", 'h', "percent=: what all deadlines are to be multiplied by")       \
	X(MODULE, "module", 'h', "path= params= needed=0|1: load before ops are set up")           \
	X(SET, "set", 'h',                                                                         \
	  "path= value=: write a file of sysfs, procfs or debugfs, in turn or while ops run")      \
	X(OP, "op", 'h', "inst= name= ...: the op's parameters")                                   \
	X(PLUG, "plug", 'h', "bytes= params=: load virtio_mem, wait until this much is plugged")   \
	X(SYMBOLS, "symbols", 'h', "names=with commas between: answered by as many symbol lines")  \
	X(GO, "go", 'h',                                                                           \
	  "duration_ms= warn_once_ms=: set up, then run; 0 = until stop, 0 = never cleared")       \
	X(STOP, "stop", 'h', "end the run, then say done")                                         \
	X(PING, "ping", 'h', "id=")                                                                \
	X(POWEROFF, "poweroff", 'h', "sync and power off")

enum wire_verb {
#define X(id, name, dir, help) WIRE_##id,
	WIRE_VERBS(X)
#undef X
		WIRE_VERB_COUNT
};

struct wire_verb_info {
	const char *name;
	char from; /* 'g' or 'h' */
	const char *help;
};
extern const struct wire_verb_info wire_verb_table[WIRE_VERB_COUNT];

struct wire_kv {
	const char *key;
	const char *value; /* decoded, NUL-terminated; may contain any other byte */
};

struct wire_msg {
	enum wire_verb verb;
	unsigned int kv_count;
	struct wire_kv kv[WIRE_KV_MAX];
};

/*
 * Parses a line (without its newline) in place; line[len] must be writable and becomes NUL.
 * @from: who sent it, 'g' or 'h'; verbs of the other side are refused. @msg points into @line
 * afterwards. Keys are [a-z0-9_-]+ and unique. Returns 0, -EPROTO (malformed, unknown verb, %00)
 * or -E2BIG (too many keys); after an error neither @msg nor @line may be used.
 */
int wire_parse(char *line, size_t len, char from, struct wire_msg *msg);

/* The value of @key, or NULL. */
const char *wire_get(const struct wire_msg *msg, const char *key);
/* Decimal or 0x-prefixed value of @key to @out. 0, -ENOENT (no key), -EINVAL, -ERANGE. */
int wire_get_u64(const struct wire_msg *msg, const char *key, uint64_t *out);

/* The same for any text, unsigned or signed. 0, -EINVAL, -ERANGE; @out is untouched on error. */
int wire_text_u64(const char *text, uint64_t *out);
int wire_text_s64(const char *text, int64_t *out);

/*
 * An encoder that writes to the caller's buffer. Errors are sticky and returned by wire_end(). NUL
 * bytes cannot be encoded: they become '?'.
 */
struct wire_out {
	char *buf;
	size_t size, len;
	int err;
};
void wire_begin(struct wire_out *out, char *buf, size_t size, enum wire_verb verb);
void wire_add(struct wire_out *out, const char *key, const char *value);
void wire_add_bytes(struct wire_out *out, const char *key, const char *bytes, size_t len);
void wire_add_u64(struct wire_out *out, const char *key, uint64_t value);
void wire_add_s64(struct wire_out *out, const char *key, int64_t value);
/*
 * Ends the line with '\n' (no NUL). Returns its length, -EMSGSIZE if it exceeds the buffer or
 * WIRE_LINE_MAX, or -EINVAL if a key was malformed.
 */
int wire_end(struct wire_out *out);

/* Splits a byte stream into lines. Lines over WIRE_LINE_MAX are dropped and counted. */
struct wire_reader {
	char buf[WIRE_LINE_MAX];
	size_t len;
	bool skipping;
	uint64_t dropped;
};
/*
 * Consumes bytes of *@data, advancing *@data and *@len, until a line is complete. Returns it,
 * NUL-terminated and valid until the next call, with its length in @line_len; NULL if more input is
 * needed.
 */
char *wire_reader_feed(struct wire_reader *r, const char **data, size_t *len, size_t *line_len);

#endif
