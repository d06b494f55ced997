#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hunts under a KVM, each with what must come of it; prints TAP. lab.py finds a place for it."""
import collections
import glob
import json
import os
import subprocess
import sys
import tempfile
import time

EXE = os.environ["PFNHUNT_EXE"]
SCENARIOS = os.environ["PFNHUNT_SCENARIOS"]
LIMIT_S = 400  # of one hunt; inner guests of an emulated KVM take a minute to boot

# Name, scenario, the verdicts that are right, words that one of the files must have.
CASES = [
    ("null", "null.ini", ["clean"], []),
    ("quick", "quick", ["incident"], ["fake-offline page referenced"]),
    ("memmap-removal", "memmap-removal", ["clean", "incident"], []),
    ("planted-warning", "warning.ini", ["incident"], ["warning:plant"]),
    # pvpanic tells of it, and the recorder is read out of a dead guest.
    ("panic", "panic.ini", ["incident"], ["GUEST_PANICKED", "kernel panic: sysrq"]),
    # Our NMI makes it say where it hangs.
    ("hang", "hang.ini", ["hang"], ["<NMI>"]),
    ("pressure", "pressure.ini", ["clean"], ["vcpu-stop"]),
]
KERNELS = ["6.1", "6.12"]
Row = collections.namedtuple("Row", "title ini kernel verdicts words libvirt")


def scenario(name):
    """One of this folder's, of the guest tests', or a shipped one."""
    paths = [os.path.join(f, name) for f in (os.path.dirname(os.path.abspath(__file__)), SCENARIOS)]
    return next((p for p in paths if os.path.exists(p)), name)


def boot_folders(results):
    return sorted(glob.glob(os.path.join(results, "2*", "boots", "*")))


def texts(folder):
    for name in ("verdict.json", "events.jsonl", "qmp.jsonl", "console.log", "plan.txt"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, errors="replace") as f:
                yield f.read()


def load(folder, name):
    with open(os.path.join(folder, name)) as f:
        return json.load(f)


def judge(results, verdicts, words):
    """What is wrong, or None."""
    folders = boot_folders(results)
    if not folders:
        return "no boot"
    verdict, boot = load(folders[-1], "verdict.json"), load(folders[-1], "boot.json")
    if boot["accel"] != "kvm":
        return f"the guest ran under {boot['accel']}"
    if verdict["verdict"] not in verdicts:
        return f"{verdict['verdict']}: {verdict.get('reason')}"
    for word in words:
        if not any(word in text for text in texts(folders[-1])):
            return f"no word of '{word}'"
    return None


def hunt(row, wrap=(), more=()):
    """What is wrong with it, or None, and what was said."""
    with tempfile.TemporaryDirectory(prefix="pfnhunt-kvm-") as results:
        argv = [*wrap, EXE, "run", scenario(row.ini), "--kernel", row.kernel, "--accel", "kvm",
                "--boots", "1", "--results", results, *more]
        try:
            ran = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, timeout=LIMIT_S)
            said = ran.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as e:
            said, wrong = (e.stdout or b"").decode(errors="replace"), f"over {LIMIT_S} s"
        else:
            wrong = judge(results, row.verdicts, row.words)
        folders = boot_folders(results)
        if folders and os.path.exists(os.path.join(folders[-1], "verdict.json")):
            v = load(folders[-1], "verdict.json")
            said += f"\nhello_s {v.get('hello_s')}, offlines {v.get('offlines')}"
        return wrong, said


class Session:
    """A libvirtd of somebody who is not root, for one hunt. As the guest tests have it."""
    WRAP = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="pfnhunt-lvd-")
        homes = {f"XDG_{n}": os.path.join(self.dir.name, n[0].lower())
                 for n in ("RUNTIME_DIR", "CONFIG_HOME", "CACHE_HOME", "DATA_HOME")}
        os.makedirs(os.path.join(homes["XDG_CONFIG_HOME"], "libvirt"))
        os.mkdir(homes["XDG_RUNTIME_DIR"], 0o700)
        with open(os.path.join(homes["XDG_CONFIG_HOME"], "libvirt", "qemu.conf"), "w") as f:
            f.write('stdio_handler = "file"\n')
        self.socket = os.path.join(homes["XDG_RUNTIME_DIR"], "libvirt", "libvirt-sock")
        self.daemon = subprocess.Popen([*self.WRAP, "/usr/sbin/libvirtd"],
                                       env={**os.environ, **homes}, stdin=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while not os.path.exists(self.socket) and time.monotonic() < until:
            time.sleep(0.2)
        return self

    def __exit__(self, *exception):
        self.daemon.terminate()
        self.daemon.wait()
        self.dir.cleanup()

    def hunt(self, row):
        return hunt(row, self.WRAP, ["--backend", "libvirt:qemu:///session?socket=" + self.socket])


def rows():
    all_rows = [Row(f"{name}-{kernel}", ini, kernel, verdicts, words, False)
                for kernel in KERNELS for name, ini, verdicts, words in CASES]
    return all_rows + [Row("libvirt", "warning.ini", "6.12", ["incident"], [], True)]


def main():
    wanted = [row for row in rows() if not sys.argv[1:] or row.title in sys.argv[1:]]
    failed = 0
    print(f"1..{len(wanted)}", flush=True)
    for i, row in enumerate(wanted, 1):
        if row.libvirt:
            with Session() as session:
                wrong, said = session.hunt(row)
        else:
            wrong, said = hunt(row)
        failed += bool(wrong)
        for line in said.splitlines():
            print("#", line)
        print(f"{'not ok' if wrong else 'ok'} {i} {row.title}" + (f" # {wrong}" if wrong else ""),
              flush=True)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
