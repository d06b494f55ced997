# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by ./hunt and ./check: what both need before the program can run.
# Only `apt-get install` needs root; it is asked for with sudo, and only when something is missing.

run_packages="build-essential meson ninja-build pkg-config libglib2.0-dev libjson-glib-dev
 libarchive-dev libbpf-dev bpftool clang libkmod-dev kmod libsqlite3-dev libgsl-dev liburing-dev libdw-dev
 libvirt-dev libxml2-dev stress-ng"
# Of this machine's guests; tools/build-agent.sh installs what others need.
case $(uname -m) in
aarch64) run_packages="$run_packages qemu-system-arm" ;;
*) run_packages="$run_packages qemu-system-x86" ;;
esac
check_packages="$run_packages git clang-format universal-ctags mandoc libclang-rt-dev xz-utils zstd libxml2-utils
 sqlite3 chromium libvirt-daemon libvirt-daemon-driver-qemu
 python3-junitparser python3-prometheus-client python3-jsonschema python3-yaml slurm-wlm"
# Since Debian 13, libvirt's storage pools are a package of their own.
grep -q bookworm /etc/os-release 2>/dev/null || check_packages="$check_packages libvirt-daemon-driver-storage"
# Node may come from elsewhere than Debian.
command -v npm >/dev/null || check_packages="$check_packages nodejs npm"

say() {
	echo "$@" >&2
}

this_system() {
	(. /etc/os-release && echo "$PRETTY_NAME") 2>/dev/null || uname -s
}

# install_missing PACKAGE...: does nothing, and asks for nothing, when all are there.
install_missing() {
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
		say "$(this_system) has no apt-get: install what Debian calls" $* "and build by meson"
		exit 3
	}
	missing=
	there=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p' | tr '\n' ' ')"
	for package in "$@"; do
		case $there in
		*" $package "*) ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	command -v ${sudo:-env} >/dev/null || {
		say "neither root nor sudo, to install$missing"
		exit 3
	}
	say "installing$missing"
	log=$(mktemp) || exit 3
	$sudo apt-get update -qq >"$log" 2>&1 &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends $missing >>"$log" 2>&1 || {
		absent=
		grep -q '^[WE]: Failed to fetch' "$log" || absent=$(sed -n "s/^E: Unable to locate package //p;
			s/^E: Package '\(.*\)' has no installation candidate/\1/p" "$log" | tr '\n' ' ')
		if [ -n "$absent" ]; then
			say "$(this_system) has no package ${absent% }: README.md says where pfnhunt was tried"
			rm -f "$log"
		else
			reasons "$log"
			say "could not install$missing: all that apt-get said is in $log"
		fi
		exit 3
	}
	rm -f "$log"
}

# reasons LOG: the lines that say why, a few of them; without such lines the last one.
reasons() {
	grep -E '(^|[ :])(E|W: Failed|ERROR|error|fatal error|npm error|npm ERR!)[: ]|undefined reference|sudo: ' "$1" |
		grep -vE 'ld returned|A full log|A complete log' | awk '!seen[$0]++' | head -n 3 | grep . >&2 ||
		tail -n 1 "$1" >&2
}

# node_modules DIR: what DIR/package-lock.json says, once.
node_modules() {
	[ -d "$1/node_modules" ] && [ ! "$1/package-lock.json" -nt "$1/node_modules" ] && return 0
	(cd "$1" && npm ci --loglevel=error --no-audit --no-fund >&2 && touch node_modules)
}

# build DIR TARGETS [MESON OPTION...]: configures once, then brings the targets up to date; quiet
# unless it fails. DIR/build.log stays.
build() {
	dir=$1 targets=$2
	shift 2
	mkdir -p "$dir" || exit 3
	{ [ -f "$dir/build.ninja" ] || meson setup "$dir" "$root" "$@"; } >"$dir/build.log" 2>&1 &&
		ninja -C "$dir" $targets >>"$dir/build.log" 2>&1 || {
		reasons "$dir/build.log"
		say "pfnhunt does not build on $(this_system): all that was said is in $dir/build.log"
		exit 3
	}
}
