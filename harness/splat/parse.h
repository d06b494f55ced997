/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One stream of kernel messages in, whole splats out: cuts lines, finds the beginnings of
 * complaints, and sorts the lines that follow to the complaint that they belong to, also when
 * several CPUs write at once. Memory is bounded, work is linear in the input.
 */
#ifndef PFNHUNT_SPLAT_PARSE_H
#define PFNHUNT_SPLAT_PARSE_H

#include "harness/splat/splat.h"

typedef struct SplatParser SplatParser;

/* @done is called from within splat_parser_feed(), _record(), _settle() and _finish(). */
SplatParser *splat_parser_new(SplatDone done, gpointer user);
void splat_parser_free(SplatParser *parser);

/* Bytes as they come; lines may be cut anywhere. @host_us: monotonic now, 0 for a file. */
void splat_parser_feed(SplatParser *parser, const char *data, gsize len, gint64 host_us);
/* A whole record of kmsg: one or more lines, all of printk time @t_us. */
void splat_parser_record(SplatParser *parser, const char *text, gsize len, gint64 t_us,
			 gint64 host_us);
/* Hands over what had no line of its own since @before_us (host time). */
void splat_parser_settle(SplatParser *parser, gint64 before_us);
/* TRUE once the log said that KVM runs the machine. */
gboolean splat_parser_saw_kvm(const SplatParser *parser);
/* The release of the last kernel that was seen to start, or NULL. */
const char *splat_parser_release(const SplatParser *parser);
/* End of input: hands over all that is open. */
void splat_parser_finish(SplatParser *parser);

#endif
