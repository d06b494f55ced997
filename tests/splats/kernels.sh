#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the kernels that no distribution has: small ones, everything built in, with lkdtm and the
# checkers (for the golden logs) or with page_idle, page_owner and kmemleak ("walkers", for
# configs/debug-walkers.ini and page-owner.ini). About 10 minutes each on two cores.
#
#   kernels.sh SOURCE NAME OUT
#                      SOURCE: an unpacked kernel; NAME: lean, vmap, debug, walkers or arm64
#
# "walkers" has BTF, for which pahole must be there (Debian: dwarves).
# The image ends in OUT/bzImage (arm64: OUT/Image). The golden logs used Debian's linux-source-6.1,
# -6.12 and -7.3; make-goldens.sh wants OUT to be called such as lean-6.1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
source=$1 name=$2
mkdir -p "$3" && out=$(realpath "$3")
image=bzImage arch=x86
args=(-C "$source" "O=$out/build" KBUILD_BUILD_HOST=pfnhunt KBUILD_BUILD_USER=pfnhunt)
if [ "$name" = arm64 ]; then
	image=Image arch=arm64
	args+=(ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-)
	# The guest is not the agent's: an init that writes to the files that the command line names.
	aarch64-linux-gnu-gcc -static -O2 -o "$out/init" "$here/arm64-init.c"
	cc -O1 -o "$out/gen_init_cpio" "$source/usr/gen_init_cpio.c"
	printf '%s\n' 'dir /dev 755 0 0' 'nod /dev/console 600 0 0 c 5 1' "file /init $out/init 755 0 0" |
		"$out/gen_init_cpio" - >"$out/initrd.cpio"
fi
mkdir -p "$out/build"
case $name in
arm64) cat "$here/kernels/arm64.config" ;;
lean) cat "$here/kernels/base.config" ;;
*) cat "$here/kernels/base.config" "$here/kernels/$name.config" ;;
esac >"$out/build/wanted.config"
make "${args[@]}" -s "KCONFIG_ALLCONFIG=$out/build/wanted.config" allnoconfig
nice make "${args[@]}" -j"$(nproc)" "$image"
cp "$out/build/arch/$arch/boot/$image" "$out/"
