/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine that plays a script: everything above vm.h is tested without QEMU. The script is
 * text, one action a line, "AT_MS ACTION REST", and is set before create():
 *
 *	# a comment
 *	100 console [    0.1] Linux version 6.1.0\n      bytes to the console (\n, \\ and \xNN)
 *	200 agent hello proto=1 ...                      a line from the agent
 *	300 event GUEST_PANICKED                         a QMP event, with JSON data when
 *	                                                 that follows the name
 *	400 exit 0                                       ends by itself with this status
 *	on go +50 agent done t_ns=1 reason=stop ...      50 ms after the host sent `go`
 *	on stop +10 exit 0
 *	on nmi +10 console [    9.1] Uhhuh. NMI received\n  what a hung guest says to our NMI
 *
 * A line "refuse" makes start() fail, as of a host that is gone.
 * Resizes take effect 20 ms later unless the script holds a line "no-plug". After stop() it
 * tells SHUTDOWN as QEMU does, and exits with status 0.
 */
#ifndef PFNHUNT_VM_FAKE_H
#define PFNHUNT_VM_FAKE_H

#include "host-driver/vm/vm.h"

#include <sys/types.h>

extern const VmOps vm_fake_ops;

/* The script that machines created from now on play; copied. NULL: a silent machine. */
void vm_fake_set_script(const char *script);
/* The same for machines of the host that their configuration's uri names; NULL: as the rest. */
void vm_fake_set_host_script(const char *uri, const char *script);
/* What query_threads() answers from now on, @count of them for each machine; 0: an error. */
void vm_fake_set_threads(const pid_t *tids, unsigned int count);
/* Bytes that read_memory() answers from offset 0 on for any gpa (zeroes behind); copied. */
void vm_fake_set_memory(const void *bytes, unsigned int len);

#endif
