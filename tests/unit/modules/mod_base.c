/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Never loaded: what depmod reads of a module that exports base_fn. */
extern const char info_name[];
const char info_name[] __attribute__((section(".modinfo"), used)) = "name=mod_base";
extern const char exported[];
const char exported[] __attribute__((section("__ksymtab_strings"), used)) = "base_fn";
