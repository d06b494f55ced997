#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# tools/build-agent.sh ARCH DIR: brings the guest agent for another architecture than this machine's
# up to date in the build folder DIR. The cross compiler is installed when it is missing; the static
# libraries are unpacked into the cache, so that the machine gets no foreign architecture.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/tools/prepare.sh"
arch=$1 dir=$2
case $arch in
amd64) cpu=x86_64 gcc=gcc-x86-64-linux-gnu qemu=qemu-system-x86 ;;
arm64) cpu=aarch64 gcc=gcc-aarch64-linux-gnu qemu=qemu-system-arm ;;
*)
	say "no guest agent for $arch: there are amd64 and arm64"
	exit 2
	;;
esac
triple=$cpu-linux-gnu
install_missing meson ninja-build pkg-config clang bpftool libbpf-dev liburing-dev \
	$gcc "libc6-dev-$arch-cross" "linux-libc-dev-$arch-cross" $qemu
mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9

# fetch DIR: the libraries' packages for $arch, through apt with lists of its own.
fetch() {
	mkdir -p "$1/lists/partial" "$1/archives/partial"
	: >"$1/status"
	set -- -qq -o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o "Dir::State=$1" \
		-o "Dir::State::lists=$1/lists" -o "Dir::State::status=$1/status" -o "Dir::Cache=$1" \
		-o "Dir::Cache::archives=$1/archives" -o "APT::Sandbox::User=root" \
		-o "APT::Update::Post-Invoke-Success::=true" -c "$1/apt.conf"
	apt-get "$@" update &&
		apt-get "$@" download liburing-dev libbpf-dev libelf-dev zlib1g-dev libzstd-dev
}

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-unknown}")
sysroot=${XDG_CACHE_HOME:-$HOME/.cache}/pfnhunt/sysroot/$codename-$arch
if [ ! -d "$sysroot" ]; then
	say "fetching static libraries for $arch"
	temp=$(mktemp -d)
	trap 'rm -rf "$temp"' EXIT
	printf '%s\n' '#clear APT::Architectures;' '#clear APT::Update::Post-Invoke;' \
		'#clear APT::Update::Post-Invoke-Success;' >"$temp/apt.conf"
	(cd "$temp" && fetch "$temp") >"$temp/log" 2>&1 || {
		reasons "$temp/log"
		say "could not fetch the static libraries for $arch"
		exit 3
	}
	for deb in "$temp"/*.deb; do
		dpkg-deb -x "$deb" "$temp/root"
	done
	mkdir -p "${sysroot%/*}"
	mv "$temp/root" "$sysroot.new.$$"
	mv -T "$sysroot.new.$$" "$sysroot"
fi

cat >"$dir/cross.ini.new" <<END
[binaries]
c = '$triple-gcc'
ar = '$triple-ar'
strip = '$triple-strip'
pkgconfig = 'pkg-config'
pkg-config = 'pkg-config'
[properties]
needs_exe_wrapper = true
pkg_config_libdir = '$sysroot/usr/lib/$triple/pkgconfig'
[built-in options]
c_args = ['-isystem', '$sysroot/usr/include', '-isystem', '$sysroot/usr/include/$triple']
c_link_args = ['-L$sysroot/usr/lib/$triple']
[host_machine]
system = 'linux'
cpu_family = '$cpu'
cpu = '$cpu'
endian = 'little'
END
cmp -s "$dir/cross.ini.new" "$dir/cross.ini" || {
	mv "$dir/cross.ini.new" "$dir/cross.ini"
	rm -f "$dir/build.ninja"
}
rm -f "$dir/cross.ini.new"
[ -f "$dir/build.ninja" ] || say "building the guest agent for $arch"
build "$dir" guest-agent/pfnhunt-agent --cross-file "$dir/cross.ini" -Dagent_only=true
