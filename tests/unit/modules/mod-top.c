/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Never loaded: needs mod_base for a symbol, and mod_soft by a softdep. */
extern const char info_name[];
const char info_name[] __attribute__((section(".modinfo"), used)) = "name=mod_top";
extern const char info_soft[];
const char info_soft[] __attribute__((section(".modinfo"), used)) = "softdep=pre: mod_soft";
extern const char info_alias[];
const char info_alias[] __attribute__((section(".modinfo"), used)) = "alias=virtio:d00000018v*";

void base_fn(void);
void top_fn(void);
void top_fn(void)
{
	base_fn();
}
