#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
test-cli.py PFNHUNT: what a person types, and what comes back. Each row is one promise of the
command line; none boots a guest, needs root or the network. A kernel is made up, and a shell
script plays QEMU where a machine must begin to live. TAP on standard output.
"""
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

PFNHUNT = os.path.abspath(sys.argv[1])
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""
RELEASE = "6.1.0-99-test"
rows = []


def row(title):
    """Adds a function to the rows; it fails by an exception."""
    def add(function):
        rows.append((title, function))
        return function
    return add


def note(kind, name, desc):
    name = name + b"\0"
    pad = lambda b: b + b"\0" * (-len(b) % 4)
    return struct.pack("<III", len(name), len(desc), kind) + pad(name) + pad(desc)


def vmlinux(release=RELEASE, build_id=b"\x01" * 20):
    """An ELF with a PVH note, a build ID and a banner: enough to be a kernel for the host."""
    notes = note(18, b"Xen", b"\0\0\0\1") + note(3, b"GNU", build_id)
    banner = b"Linux version " + release.encode() + b" (nobody@nowhere)\0"
    offset = 64 + 56
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1,
                       64, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 4, 4, offset, 0, 0, len(notes), len(notes), 4)
    return head + segment + notes + banner


class Place:
    """A folder of its own with a cache, results, and a PATH that holds what the row wants."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="pfnhunt-cli-")
        self.env = dict(os.environ, HOME=self.dir, XDG_CACHE_HOME=self.path("cache"),
                        XDG_CONFIG_HOME=self.path("config"), PFNHUNT_RESULTS=self.path("runs"))
        os.chmod(self.dir, 0o755)  # QEMU is another user's when we are root
        os.mkdir(self.path("runs"))
        self.qemu("exit 1\n")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write(self, name, data, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as out:
            out.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(path, mode)
        return path

    def kernel(self, name="kernel", config="CONFIG_VIRTIO_MEM=y\nCONFIG_VIRTIO_PCI=y\n"
               "CONFIG_VIRTIO_CONSOLE=y\nCONFIG_PVPANIC_PCI=y\n", **of):
        """A kernel with all built in, in a folder with its .config. Its path."""
        self.write(name + "/.config", config)
        return self.write(name + "/vmlinux", vmlinux(**of))

    def qemu(self, script):
        """Plays QEMU; comes first in PATH."""
        self.write("bin/qemu-system-x86_64", "#!/bin/sh\n" + script, 0o755)
        self.env["PATH"] = self.path("bin") + ":" + os.environ["PATH"]

    def run(self, *args, code=0, cwd=None, **env):
        done = subprocess.run([PFNHUNT, *args], env=dict(self.env, **env), cwd=cwd or self.dir,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=120)
        out, err = done.stdout.decode(), done.stderr.decode()
        assert done.returncode == code, f"{args}: code {done.returncode}, not {code}: {out}{err}"
        return out + err

    def hunt(self, *args, code=3):
        """A hunt of one boot whose QEMU does not live; its folder."""
        self.run("run", "quick", "--accel", "tcg", "--boots", "1", "--kernel",
                 self.kernel(), *args, code=code)
        return self.path("runs", self.hunts()[-1])

    def hunts(self):
        return sorted(n for n in os.listdir(self.path("runs"))
                      if os.path.isdir(self.path("runs", n)))


def holds(text, *words):
    for word in words:
        assert word in text, f"no '{word}' in: {text}"


@row("--boots 0 is a usage error")
def _(p):
    holds(p.run("run", "--boots", "0", code=2), "--boots 0: a number from 1")


@row("a missing QEMU is told before a hunt is made")
def _(p):
    os.mkdir(p.path("empty"))
    text = p.run("run", "quick", "--accel", "tcg", "--kernel", p.kernel(), code=3,
                 PATH=p.path("empty"))
    holds(text, "qemu-system-x86_64 is not installed")
    assert "boot 1" not in text and p.hunts() == [], text


@row("report: a suffix of no format is a usage error, and writes nothing")
def _(p):
    p.hunt()
    holds(p.run("report", "-o", p.path("x.foo"), code=2), "its suffix is of no format", "html")
    assert not os.path.exists(p.path("x.foo"))


@row("report: -o - is standard output")
def _(p):
    p.hunt()
    holds(p.run("report", "-o", "-"), "<!DOCTYPE html>")
    assert not os.path.exists(p.path("-"))


@row("--dry-run downloads nothing")
def _(p):
    holds(p.run("run", "--kernel", "debian:bookworm", "--accel", "tcg", "--dry-run", code=2),
          "not in the cache", "pfnhunt kernel fetch debian:bookworm")


@row("results VERB --help tells of that verb")
def _(p):
    text = p.run("results", "exposure", "--help")
    holds(text, "results exposure", "--markdown")
    assert "--new-since" not in text and "VERB" not in text, text
    holds(p.run("results", "--help"), "VERB", "--new-since", "rm ")


@row("an option of another verb is a usage error")
def _(p):
    holds(p.run("results", "list", "--markdown", code=2), "Unknown option --markdown")


@row("pfnhunt help COMMAND, --help and no command")
def _(p):
    holds(p.run("help"), "Commands:", "run ")
    assert p.run("help", "run") == p.run("run", "--help")
    holds(p.run(code=2), "Commands:")


@row("Ctrl-C tells how to go on")
def _(p):
    p.qemu("exec sleep 60\n")
    child = subprocess.Popen([PFNHUNT, "run", "quick", "--accel", "tcg", "--boots", "2",
                              "--kernel", p.kernel()], env=p.env, cwd="/", text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
    for _ in range(600):
        if p.hunts() and os.path.exists(p.path("runs", p.hunts()[0], "boots")) and \
           os.listdir(p.path("runs", p.hunts()[0], "boots")):
            break
        time.sleep(0.1)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    holds(out, "interrupted", "run --resume " + p.path("runs", p.hunts()[0]))


@row("LC_ALL=C and a path that is not ASCII")
def _(p):
    kernel = p.kernel("k\u00fc")
    os.mkdir(p.path("b\u00f6"))
    text = p.run("run", "quick", "--accel", "tcg", "--kernel", kernel, "--dry-run",
                 "-o", p.path("b\u00f6"), LC_ALL="C")
    holds(text, "-kernel")


@row("results list: by scenario, kernel, verdict and number")
def _(p):
    p.hunt()
    p.hunt()
    def count(wanted, *filters):
        lines = [l for l in p.run("results", "list", "--json", *filters).splitlines()
                 if l.startswith("{")]
        assert len(lines) == wanted, f"{filters}: {lines}"

    count(2)
    count(1, "-n", "1")
    verdict = json.loads(p.run("results", "show", "last", "--json").splitlines()[0])["verdict"]
    count(2, "--scenario", "quick", "--kernel", "6.1", "--verdict", verdict)
    count(0, "--scenario", "soak")
    count(0, "--kernel", "7")
    count(0, "--verdict", "clean")
    holds(p.run("results", "list", "--verdict", "cleen", code=2), "there are", "unended")


@row("results rm: folder and index")
def _(p):
    first, second = os.path.basename(p.hunt()), os.path.basename(p.hunt())
    holds(p.run("results", "rm", "last"), "removed " + second)
    assert p.hunts() == [first]
    assert second not in p.run("results", "list")
    holds(p.run("results", "rm", "nothing", code=2), "nothing")
    assert p.hunts() == [first]


@row("--append, --cpus, --memory and --set change the machine and the plan")
def _(p):
    text = p.run("run", "quick", "--accel", "tcg", "--kernel", p.kernel(), "--dry-run", "--cpus",
                 "3", "--memory", "640M", "--append", "preempt=full", "--set",
                 "policy.duration=7s", "--set", "op damon.pace-us=7")
    holds(text, "pace-us=7", "-smp 3", "-m 640M", "preempt=full")
    holds(p.run("run", "quick", "--kernel", p.kernel(), "--dry-run", "--set", "guest.cpu=3",
                code=2), "with guest.cpu=3", "no such key")
    holds(p.run("run", "quick", "--dry-run", "--set", "cpus=3", code=2), "SECTION.KEY=VALUE")


@row("what the command line changes stands in the record, and rerun does the same hunt")
def _(p):
    folder = p.hunt("--cpus", "3", "--label", "my fix", "--set", "policy.duration=7s", "--seed",
                    "5", "--strict")
    hunt = json.load(open(folder + "/hunt.json"))
    assert hunt["label"] == "my fix" and len(hunt["image_sha256"]) == 64, hunt
    assert hunt["changes"] == "guest.cpus=3; policy.duration=7s", hunt
    holds(open(folder + "/scenario.ini").read(), "cpus=3", "duration=7s")
    p.write("here/bin/true", "")
    text = p.run("run", "quick", "--accel", "tcg", "--boots", "1", "--kernel",
                 "../kernel/vmlinux", "--cpus", "3", "--seed", "5", "-o", "out",
                 code=3, cwd=p.path("here"))
    line = [l for l in text.splitlines() if l.startswith("  rerun ")][0].split(None, 1)[1]
    holds(line, PFNHUNT, "--boots 1", "--accel tcg", "--kernel " + p.path("kernel/vmlinux"),
          "-o " + p.path("here/out"), "--set guest.cpus=3", "--seed 0x0000000000000005")
    done = subprocess.run(line, shell=True, cwd="/", env=p.env, capture_output=True, text=True)
    assert done.returncode == 3, done
    again = [l for l in done.stdout.splitlines() if l.startswith("  rerun ")][0]
    assert again.split(None, 1)[1] == line, again
    assert len([n for n in os.listdir(p.path("here/out")) if os.path.isdir(
        p.path("here/out", n))]) == 2


def module(p, name, magic):
    """A file with what modinfo wants. Its path."""
    source = p.write("m.s", f'.section .modinfo,"a"\n.asciz "vermagic={magic} SMP"\n'
                     f'.asciz "name={name}"\n.asciz "license=GPL"\n')
    path = p.path(name + ".ko")
    subprocess.run(["cc", "-c", source, "-o", path], check=True)
    return path


@row("--module: of this kernel, not with --modules; replay refuses another one")
def _(p):
    one = module(p, "virtio_mem", RELEASE)
    other = module(p, "other", "6.6.6")
    kernel = p.kernel()
    holds(p.run("run", "quick", "--kernel", kernel, "--module", other, "--dry-run", code=2),
          "was built for 6.6.6, but the kernel is " + RELEASE)
    holds(p.run("run", "quick", "--kernel", kernel, "--module", kernel, "--dry-run", code=2),
          "no kernel module")
    os.makedirs(p.path("m/lib/modules", RELEASE))
    p.write(f"m/lib/modules/{RELEASE}/modules.order", "")
    holds(p.run("run", "quick", "--kernel", kernel, "--modules", p.path("m"), "--module", one,
                "--dry-run", code=2), "--module with --modules")
    holds(p.run("run", "quick", "--kernel", kernel, "--module", module(p, "walk-er", RELEASE),
                "--dry-run"), "module path=/modules/walk_er.ko")
    folder = p.hunt("--module", one)
    assert len(json.load(open(folder + "/hunt.json"))["modules_sha256"]) == 64
    holds(p.run("replay", folder + "/boots/0000", code=2), "other modules")
    p.run("replay", folder + "/boots/0000", "--module", one, code=3)
    with open(one, "ab") as out:
        out.write(b"another build")
    holds(p.run("replay", folder + "/boots/0000", "--module", one, code=2), "other modules")


@row("--kernel takes a build tree, and says what is missing in it")
def _(p):
    tree = p.path("linux")
    p.write("linux/Makefile", "")
    holds(p.run("run", "quick", "--kernel", tree, "--dry-run", code=2), "no kernel was built")
    p.write("linux/.config", "CONFIG_VIRTIO_MEM=m\nCONFIG_VIRTIO_PCI=y\n"
            "CONFIG_VIRTIO_CONSOLE=y\nCONFIG_PVPANIC_PCI=y\n")
    p.write("linux/vmlinux", vmlinux())
    holds(p.run("run", "quick", "--kernel", tree, "--dry-run", code=2), "virtio_mem", "module")
    os.makedirs(p.path("linux/drivers/virtio"))
    shutil.move(module(p, "virtio_mem", RELEASE), p.path("linux/drivers/virtio/virtio_mem.ko"))
    p.write("linux/modules.order", "drivers/virtio/virtio_mem.o\n")
    p.write("linux/modules.builtin", "".join(
        f"kernel/drivers/{m}.ko\n" for m in ("virtio/virtio_pci", "char/virtio_console",
                                              "misc/pvpanic/pvpanic-pci")))
    holds(p.run("run", "quick", "--kernel", "linux", "--accel", "tcg", "--dry-run"),
          "-kernel " + p.path("linux/vmlinux"))
    holds(p.run("run", "quick", "--kernel", p.path("runs"), "--dry-run", code=2),
          "no build tree of a kernel")


def main():
    failed = False
    print(f"1..{len(rows)}")
    for number, (title, function) in enumerate(rows, 1):
        if ONLY not in title:
            print(f"ok {number} - {title} # SKIP not asked for")
            continue
        place = Place()
        try:
            function(place)
            print(f"ok {number} - {title}", flush=True)
        except Exception as error:  # a row that fails must not hide the others
            failed = True
            print(f"not ok {number} - {title}", flush=True)
            for line in repr(error).replace("\\n", "\n").splitlines():
                print("# " + line)
        finally:
            shutil.rmtree(place.dir, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
