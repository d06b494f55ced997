/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the initramfs holds the programs of the host that ops run. */
#ifndef PFNHUNT_HOST_FILES_H
#define PFNHUNT_HOST_FILES_H

/* ld.so, the programs (host_programs of struct op) and their libraries, all in one directory. */
#define HOST_DIR "host"

#endif
