#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `meson install` into an empty folder brings the programs, all scenarios and all pages, and the
# installed pfnhunt uses these and not the build tree. Speaks TAP.
# usage: test-install.sh SOURCE BUILD PREFIX BINDIR LIBEXECDIR DATADIR MANDIR
set -u
source=$1 build=$2 prefix=$3 bin=$4 libexec=$5 man=$7/man1 data=$6/pfnhunt doc=$6/doc/pfnhunt
dest=$(mktemp -d) || exit 1
trap 'rm -rf "$dest"' EXIT
there=$dest$prefix
number=0
unset PFNHUNT_AGENT PFNHUNT_CONFIGS PFNHUNT_RESULTS

# check WHAT COMMAND...
check() {
	what=$1
	shift
	number=$((number + 1))
	if "$@" >"$dest/said" 2>&1; then echo "ok $number - $what"; else
		sed 's/^/# /' "$dest/said"
		echo "not ok $number - $what"
	fi
}

same() {
	diff -r -x meson.build "$source/$1" "$there/$2"
}

links_hold() {
	cd "$there/$doc" || return 1
	broken=$(grep -oE '\]\([^)#:]+' README.md docs/*.md results/README.md | sed 's/\](//' |
		while IFS=: read -r page link; do
			case $link in tests/* | configs/* | ../tests/* | ../configs/*) continue ;; esac
			[ -e "$(dirname "$page")/$link" ] || echo "$page: $link"
		done)
	echo "$broken"
	[ -z "$broken" ]
}

# has TEXT: among what `pfnhunt --help` says.
has() {
	"$there/$bin/pfnhunt" --help | grep -F -- "$1"
}

lists_installed() {
	rm "$there/$data/configs/quick.ini"
	"$there/$bin/pfnhunt" list scenarios >"$dest/list" && grep -q control "$dest/list" &&
		! grep -q '^ *quick ' "$dest/list"
}

check "meson install" env DESTDIR="$dest" meson install -C "$build" --no-rebuild
check "the guest agent is a program" test -x "$there/$libexec/pfnhunt/pfnhunt-agent"
check "the manual page" test -s "$there/$man/pfnhunt.1"
check "the completion for bash" test -s "$there/$6/bash-completion/completions/pfnhunt"
check "all scenarios" same configs "$data/configs"
check "all pages" same docs "$doc/docs"
check "README.md" same README.md "$doc/README.md"
check "the format of results" same results/README.md "$doc/results/README.md"
check "links between pages" links_hold
check "--help names the scenarios" has "$there/$data/configs"
check "--help names the guest agent" has "$there/$libexec/pfnhunt/pfnhunt-agent"
check "--help names the manual" has "$there/$doc/README.md"
check "scenarios come from where they were installed" lists_installed
echo "1..$number"
