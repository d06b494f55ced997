/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the initramfs has the host's own programs that ops run. */
#ifndef PFNHUNT_HOST_FILES_H
#define PFNHUNT_HOST_FILES_H

/* ld.so, the programs (host_programs of struct op) and their libraries, all in one folder. */
#define HOST_DIR "host"

#endif
