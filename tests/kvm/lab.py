#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tests/kvm/cases.py where there is a KVM, and prints its TAP.

On a machine with one that is here. On another it is in an outer guest: QEMU's TCG emulates AMD's
SVM with nested paging, so that kvm-amd loads there, and QEMU in it runs guests with -accel kvm.
The outer guest's root is this machine's own, shared read-only. It is slow, and on a busy machine
its clocks run away: it waits until the load is below 3, for at most ten minutes.
"""
import lzma
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time

import cases

MODULES = ["virtio_pci", "virtio_rng", "9pnet_virtio", "9p", "overlay", "kvm_amd"]
LOAD_MAX, LOAD_WAIT_S = 3.0, 600
LIMIT_S = 600  # of one outer guest
TRIES = 2


def has_kvm():
    with open("/proc/cpuinfo") as f:
        flags = next((line for line in f if line.startswith("flags")), "").split()
    return ("svm" in flags or "vmx" in flags) and os.access("/dev/kvm", os.R_OK | os.W_OK)


def fail(why):
    print(f"1..1\nnot ok 1 lab # {why}")
    sys.exit(1)


def wait_for_quiet():
    until = time.monotonic() + LOAD_WAIT_S
    while os.getloadavg()[0] >= LOAD_MAX:
        if time.monotonic() > until:
            fail(f"the load stays above {LOAD_MAX}: an emulated KVM cannot be judged")
        time.sleep(5)


def kernel_folder():
    """The cached 6.12, with its release."""
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                         "pfnhunt", "kernels")
    for name in sorted(os.listdir(cache) if os.path.isdir(cache) else []):
        if name.startswith("6.12."):
            return os.path.join(cache, name), name
    fail("no kernel 6.12 for the outer guest: pfnhunt kernel fetch 6.12")


def module_files(folder, release):
    """Path of each module, what it depends on before it."""
    files = []
    for name in MODULES:
        said = subprocess.run(["modprobe", "-d", folder, "-S", release, "--show-depends", name],
                              env={**os.environ, "PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"},
                              capture_output=True, text=True, check=True).stdout
        for line in said.splitlines():
            if line.startswith("insmod ") and line.split()[1] not in files:
                files.append(line.split()[1])
    return files


def cpio(entries):
    """A newc archive of (name, mode, bytes); see Documentation/driver-api/early-userspace."""
    out = bytearray()
    for inode, (name, mode, data) in enumerate(entries + [("TRAILER!!!", 0, b"")]):
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08x" % f for f in fields) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + data
        out += b"\0" * (-len(out) % 4)
    return bytes(out)


def initramfs(init, folder, release):
    entries = [(d, 0o040755, b"") for d in ("dev", "modules", "lower", "upper", "root")]
    with open(init, "rb") as f:
        entries.append(("init", 0o100755, f.read()))
    order = []
    for path in module_files(folder, release):
        name = os.path.basename(path).split(".ko")[0] + ".ko"
        with open(path, "rb") as f:
            data = f.read()
        entries.append(("modules/" + name, 0o100644,
                        lzma.decompress(data) if path.endswith(".xz") else data))
        order.append(name)
    entries.append(("modules/order", 0o100644, ("\n".join(order) + "\n").encode()))
    return cpio(entries)


def outer_guest(init, command):
    folder, release = kernel_folder()
    image = next(os.path.join(folder, "boot", n) for n in os.listdir(os.path.join(folder, "boot"))
                 if n.startswith("vmlinuz"))
    with tempfile.TemporaryDirectory(prefix="pfnhunt-kvm-") as shared:
        keep = {n: v for n, v in os.environ.items() if n.startswith(("PFNHUNT_", "XDG_", "HOME"))}
        with open(os.path.join(shared, "lab.sh"), "w") as f:
            f.write("".join(f"export {n}={shlex.quote(v)}\n" for n, v in keep.items()))
            f.write("echo lab-begins\n" + shlex.join(command) + " </dev/null 2>&1\necho lab-ended\n")
        initrd = os.path.join(shared, "initrd")
        with open(initrd, "wb") as f:
            f.write(initramfs(init, folder, release))
        share = "local,path={},mount_tag={},security_model=none,multidevs=remap"
        guest = subprocess.Popen(
            ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi",
             # What TCG gets wrong of XSAVE makes a WARN of each inner guest's boot.
             "-cpu", "max,xsave=off,avx=off,avx2=off", "-smp", "2", "-m", "5G", "-nodefaults",
             "-display", "none", "-no-reboot", "-serial", "stdio", "-device", "virtio-rng-pci",
             "-virtfs", share.format("/", "root") + ",readonly=on",
             "-virtfs", share.format(shared, "mnt"), "-kernel", image, "-initrd", initrd,
             "-append", "console=ttyS0 quiet loglevel=3 nokaslr tsc=nowatchdog panic=-1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return relay(guest)


def relay(guest):
    """What it said between lab-begins and lab-ended, and whether both came."""
    begun = ended = False
    said, before = [], []
    limit = threading.Timer(LIMIT_S, guest.kill)
    limit.start()
    try:
        for line in guest.stdout:
            text = line.decode(errors="replace").rstrip("\r\n")
            ended |= text == "lab-ended"
            if begun and not ended:
                said.append(text)
            before = before[-20:] + [text]
            begun |= text == "lab-begins"
    finally:
        limit.cancel()
        guest.kill()
        guest.wait()
    return (said if ended else ["# " + line for line in before]), ended


def run_all(init):
    """An outer guest a case, and another one where the emulator killed the first."""
    titles = [row.title for row in cases.rows()]
    failed = 0
    print(f"1..{len(titles)}", flush=True)
    for number, title in enumerate(titles, 1):
        for _ in range(TRIES):
            said, ended = outer_guest(init, [sys.executable, cases.__file__, title])
            print("\n".join(line for line in said if line.startswith("#")), flush=True)
            if ended:
                break
        verdict = next((line for line in said if re.match(r"(not )?ok 1 ", line)), None)
        if not ended or not verdict:
            verdict = f"not ok 1 {title} # the outer guest did not come to its end"
        failed += verdict.startswith("not")
        print(verdict.replace("ok 1 ", f"ok {number} ", 1), flush=True)
    return failed > 0


def main():
    if has_kvm():
        os.execv(sys.executable, [sys.executable, cases.__file__])
    wait_for_quiet()
    sys.exit(run_all(sys.argv[1]))


if __name__ == "__main__":
    main()
