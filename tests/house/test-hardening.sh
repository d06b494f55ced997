#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the linker made of the host's program ($1) and of the static agent ($2): both read hostile
# bytes, so both have a guarded stack, checked string calls, and tables that cannot be written to.
export LC_ALL=C
number=0

check() # NAME, then a command that must succeed
{
	name=$1
	shift
	number=$((number + 1))
	if "$@"; then
		echo "ok $number $name"
	else
		echo "not ok $number $name"
	fi
}

has() # FILE OPTION OF readelf, REGULAR EXPRESSION
{
	readelf -W "$2" "$1" | grep -Eq "$3"
}

if ! command -v readelf >/dev/null; then
	echo "1..0 # SKIP no readelf: apt-get install binutils"
	exit 0
fi
echo 1..10
check "pfnhunt has an address of its own" has "$1" -h 'Type: +DYN'
check "pfnhunt binds all at its start" has "$1" -d 'BIND_NOW|FLAGS_1.*NOW'
for file in "$1" "$2"; do
	what=${file##*/}
	check "$what: tables are made read-only" has "$file" -l 'GNU_RELRO'
	check "$what: the stack cannot be executed" has "$file" -l 'GNU_STACK.* RW +0x'
	check "$what: the stack is guarded" has "$file" -s '__stack_chk_fail'
	check "$what: string calls are checked" has "$file" -s '__(snprintf|vsnprintf|read|memcpy|strcpy|vfprintf|fprintf|printf)_chk'
done
