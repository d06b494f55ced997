/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Never loaded: a module that another one asks for by softdep. */
extern const char info_name[];
const char info_name[] __attribute__((section(".modinfo"), used)) = "name=mod_soft";
