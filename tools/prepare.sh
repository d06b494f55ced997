# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by ./hunt, ./check and .ci/run: what both need before the program can run.
# Only `apt-get install` needs root; it is asked for with sudo, and only when something is missing.

run_packages="build-essential meson ninja-build pkg-config libglib2.0-dev libjson-glib-dev
 libarchive-dev libbpf-dev bpftool clang libkmod-dev kmod libsqlite3-dev libgsl-dev liburing-dev libdw-dev
 libvirt-dev libxml2-dev qemu-system-x86 stress-ng"
check_packages="$run_packages clang-format universal-ctags mandoc libclang-rt-dev xz-utils zstd libxml2-utils
 sqlite3 chromium libvirt-daemon libvirt-daemon-driver-qemu
 python3-junitparser python3-prometheus-client python3-jsonschema python3-yaml slurm-wlm"

say() {
	echo "$@" >&2
}

# install_missing PACKAGE...: does nothing, and asks for nothing, when all are there.
install_missing() {
	missing=
	for package in "$@"; do
		case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || {
		say "this is no Debian: install what corresponds to$missing, then start again"
		exit 3
	}
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	say "installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	$sudo apt-get update -qq >&2 &&
		$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
		say "could not install$missing: see above (as an ordinary user this needs sudo)"
		exit 3
	}
}

# node_modules DIR: what DIR/package-lock.json says, once. Node may come from elsewhere than Debian.
node_modules() {
	[ -d "$1/node_modules" ] && [ ! "$1/package-lock.json" -nt "$1/node_modules" ] && return 0
	command -v npm >/dev/null || install_missing nodejs npm
	(cd "$1" && npm ci --silent --no-audit --no-fund >&2 && touch node_modules)
}

# build DIR [MESON OPTION...]: configures once, then brings it up to date; quiet unless it fails.
build() {
	dir=$1
	shift
	log=$(mktemp) || exit 3
	{ [ -f "$dir/build.ninja" ] || meson setup "$dir" "$root" "$@"; } >"$log" 2>&1 &&
		ninja -C "$dir" >>"$log" 2>&1 || {
		tail -n 40 "$log" >&2
		rm -f "$log"
		say "the build in $dir failed: see above"
		exit 3
	}
	rm -f "$log"
}
