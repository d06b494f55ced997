#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the table of hostile agents, QEMUs and set-ups in rows/ against the real pfnhunt, as a user
would run it, and checks what each row says that it must get. README.md says how a row is written.

    PFNHUNT_EXE=build/harness/pfnhunt tests/trust/run.py [--guests] [--slow] [KIND[/ROW]...]

Speaks TAP. With TRUST_KEEP=DIR the rows leave their folders there, and in each what it took.
"""

import concurrent.futures
import glob
import json
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
EXE = os.path.abspath(os.environ["PFNHUNT_EXE"])
KEEP = os.environ.get("TRUST_KEEP")
GUESTS = "--guests" in sys.argv  # the rows of real guests, and no others
SLOW = "--slow" in sys.argv  # the rows marked slow, and no others
JOBS = int(os.environ.get("TRUST_JOBS", "2" if GUESTS else "16"))
WITHIN_S = 60
AGAIN = 12  # rows that may have a second try
SKIP = "needs what is not here: "

BASE = """
[scenario]
summary = a row of the trust table
[guest]
memory = 256M
[memory vm0]
size = 1G
block-size = 4M
requested-size = 4M
[resize]
device = vm0
max = 64M
period = 200ms
jitter = 50ms
[op block-state]
blocks = partly
[op split-huge-pages]
[policy]
probe = off
duration = 2s
stop = first-incident
linger = 500ms
[goal]
offlines = 20
"""
# What a row may say about the guest goes to the script as it is.
SCRIPT_WORDS = ("at", "every", "without", "qmp", "fields", "opstate", "delay", "set", "boot")


class Row:
    def __init__(self, kind, name):
        self.kind, self.name = kind, name
        self.why, self.fails = "", None
        self.slow = False
        self.needs = []
        self.script, self.ini, self.shell, self.checks = [], [], [], []
        self.files = {}
        self.command = "hunt"
        self.within = WITHIN_S
        self.env = {}
        self.guest = None  # "real": our agent, "hostile": the one that lies, in a real guest
        self.init = []     # the script of that
        self.theirs = False

    def read(self, word, rest):
        if word == "why":
            self.why += (" " if self.why else "") + rest
        elif word == "expect-fail":
            self.fails = rest
        elif word == "needs":
            self.needs.append(rest)
        elif word == "slow":
            self.slow = True
        elif word in SCRIPT_WORDS:
            self.script.append(word + " " + rest)
        elif word == "ini":
            self.ini.append(rest)
        elif word == "file":
            name, _, line = rest.partition(" ")
            self.files.setdefault(name, []).append(line)
        elif word == "sh":
            self.shell.append(rest)
        elif word == "command":
            self.command = rest
        elif word == "within":
            self.within = float(rest)
        elif word == "env":
            key, _, value = rest.partition("=")
            self.env[key] = value
        elif word == "theirs":
            self.theirs = True
        elif word == "guest":
            self.guest = rest
        elif word == "init":
            self.init.append(rest)
        elif word in CHECKS:
            self.checks.append((word, rest))
        else:
            raise ValueError("%s/%s: no such line: %s" % (self.kind, self.name, word))


def read_rows(path):
    kind = os.path.basename(path)[:-len(".rows")]
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.strip() or line.startswith("#"):
                continue
            word, _, rest = line.strip().partition(" ")
            if not line[0].isspace():
                if word != "row" or not re.fullmatch(r"[a-z0-9-]+", rest):
                    raise ValueError("%s: not the begin of a row: %s" % (path, line))
                rows.append(Row(kind, rest))
            else:
                rows[-1].read(word, rest.strip())
    names = [r.name for r in rows]
    assert len(set(names)) == len(names), (path, "a name that two rows have")
    return rows


def scenario(patches):
    """The base scenario, with lines "GROUP: KEY = VALUE", "GROUP:" (an empty one) and "-GROUP"."""
    groups = {}
    group = None
    for line in BASE.split("\n") + patches:
        if line.startswith("["):
            group = groups.setdefault(line.strip("[]"), {})
        elif line.startswith("-"):
            del groups[line[1:]]
        elif line and line in BASE.split("\n"):
            key, _, value = line.partition("=")
            group[key.strip()] = value.strip()
        elif line:
            name, _, pair = line.partition(":")
            key, _, value = pair.partition("=")
            there = groups.setdefault(name.strip(), {})
            if key.strip():
                there[key.strip()] = value.strip()
    return "".join("[%s]\n%s\n" % (g, "".join("%s = %s\n" % p for p in pairs.items()))
                   for g, pairs in groups.items())


def write_kernel(path, release="6.1.0-trust"):
    """A vmlinux that is one to pfnhunt: it has a PVH entry, and nobody runs it."""
    def note(name, kind, desc):
        return struct.pack("<III", 4, len(desc), kind) + name + desc + b"\0" * (-len(desc) % 4)

    notes = note(b"Xen\0", 18, bytes([0, 0, 0, 1, 0, 0, 0, 0])) + note(b"GNU\0", 3, bytes(range(20)))
    head = b"\x7fELF\2\1\1" + b"\0" * 9 + struct.pack(
        "<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 4, 0, 120, 0, 0, len(notes), len(notes), 4)
    with open(path, "wb") as file:
        file.write(head + segment + notes +
                   b"Linux version %s (%s)\0Linux version " + release.encode() +
                   b" (a@b) #1 SMP\0" + b"\0" * 4096)


class Failed(Exception):
    pass


class Run:
    """A row in a folder of its own."""

    def __init__(self, row, root):
        self.row = row
        self.dir = os.path.join(root, row.kind + "." + row.name)
        self.results = os.path.join(self.dir, "results")
        self.code = None
        self.out = self.err = ""
        self.took = self.rss_mb = self.all_s = self.cpu_s = 0.0

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def prepare(self):
        row = self.row
        shutil.rmtree(self.dir, ignore_errors=True)
        for name in ("bin", "home", "tmp"):
            os.makedirs(self.path(name))
        if row.guest is None:
            os.symlink(os.path.join(HERE, "scripted_qemu.py"),
                       self.path("bin", "qemu-system-x86_64"))
        write_kernel(self.path("vmlinux"))
        with open(self.path("config"), "w", encoding="utf-8") as file:
            file.write("CONFIG_VIRTIO_MEM=y\nCONFIG_MEMORY_HOTPLUG=y\nCONFIG_MEMORY_HOTREMOVE=y\n")
        with open(self.path("scenario.ini"), "w", encoding="utf-8") as file:
            file.write(scenario(row.ini))
        with open(self.path("script"), "w", encoding="utf-8") as file:
            file.write("\n".join(row.script) + "\n")
        for name, lines in row.files.items():
            os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        kernel = "6.1" if row.guest else '"$PWD/vmlinux"'
        with open(self.path("hunt"), "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nexec %s run scenario.ini --kernel %s '
                       '--accel tcg --seed 7 --results results "$@"\n' % (shlex.quote(EXE), kernel))
        if row.guest == "hostile":
            with open(os.environ["HOSTILE_AGENT"], "rb") as agent, \
                    open(self.path("agent"), "wb") as file:
                file.write(agent.read() + b"\n#hostile\n" + "\n".join(row.init).encode() + b"\n")
            os.chmod(self.path("agent"), 0o755)
        with open(self.path("pfnhunt"), "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\nexec %s "$@"\n' % shlex.quote(EXE))
        for name in ("hunt", "pfnhunt"):
            os.chmod(self.path(name), 0o755)

        if row.theirs:
            shutil.copytree(received(os.path.dirname(self.dir)), self.path("theirs"))

    def environment(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "PFNHUNT_"))}
        env.update(PATH="%s:%s:%s" % (self.path("bin"), self.dir, env["PATH"]),
                   HOME=self.path("home"), TMPDIR=self.path("tmp"),
                   XDG_CACHE_HOME=self.path("home", "cache"),
                   XDG_CONFIG_HOME=self.path("home", "config"),
                   XDG_STATE_HOME=self.path("home", "state"),
                   PFNHUNT_RESULTS=self.results, PFNHUNT_CONFIGS=os.path.join(SOURCE, "configs"),
                   TRUST_SCRIPT=self.path("script"), NO_COLOR="1", LC_ALL="C.UTF-8",
                   TRUST_SPLATS=os.path.join(SOURCE, "tests", "splats"), TRUST=HERE,
                   PFNHUNT_QEMU_USER="root",  # the scripted one lies where no other user may go
                   PFNHUNT_EXE_PATH=EXE)
        for name in ("PFNHUNT_AGENT", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        if self.row.guest:  # the kernel is fetched once for all
            env["XDG_CACHE_HOME"] = os.environ.get("XDG_CACHE_HOME",
                                                   os.path.expanduser("~/.cache"))
        if self.row.guest == "hostile":
            env["PFNHUNT_AGENT"] = self.path("agent")
        env.update(self.row.env)
        return env

    def shell(self, command, timeout):
        """Exit code, output, errors; killed with all that it started when it takes too long."""
        out, err = open(self.path("stdout"), "wb"), open(self.path("stderr"), "wb")
        started = time.monotonic()
        child = subprocess.Popen(["/bin/sh", "-c", command], cwd=self.dir, env=self.environment(),
                                 stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                 start_new_session=True)
        late = threading.Timer(timeout, self.kill, (child.pid,))
        late.start()
        RUNNING.add(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        RUNNING.discard(child.pid)
        late.cancel()
        self.kill(child.pid)  # what it has left behind
        child.returncode = os.waitstatus_to_exitcode(status)
        self.took = time.monotonic() - started
        self.all_s += self.took
        self.cpu_s += usage.ru_utime + usage.ru_stime
        self.rss_mb = usage.ru_maxrss / 1024
        out.close()
        err.close()
        self.out, self.err = (self.said(name) for name in ("stdout", "stderr"))
        return child.returncode

    def said(self, name):
        """No larger a buffer than it needs: our own peak counts as that of the next children."""
        with open(self.path(name), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            return file.read(min(size, 1 << 24)).decode("utf-8", "surrogateescape")

    @staticmethod
    def kill(group):
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass

    # What a row can ask of what is there now

    def hunts(self):
        return sorted(os.path.dirname(p) for p in glob.glob(self.results + "/*/hunt.json"))

    def hunt_dir(self):
        hunts = self.hunts()
        if not hunts:
            raise Failed("there is no hunt in results")
        return hunts[-1]

    def json(self, *names):
        path = os.path.join(self.hunt_dir(), *names)
        try:
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError) as error:
            raise Failed("%s: %s" % ("/".join(names), error)) from error

    def boot(self, n=0):
        dirs = sorted(glob.glob(os.path.join(self.hunt_dir(), "boots", "*")))
        if n >= len(dirs):
            raise Failed("there is no boot %d" % n)
        return self.json("boots", os.path.basename(dirs[n]), "verdict.json")

    def junit(self, family):
        """failed, error, skipped or passed; what it says behind a colon."""
        text = self.tool("report", "-f", "junit", os.path.basename(self.hunt_dir()))
        for case in xml.etree.ElementTree.fromstring(text).iter("testcase"):
            if case.get("name") == family:
                for child in case:
                    return "%s: %s" % (child.tag, child.get("message") or child.text or "")
                return "passed"
        raise Failed("JUnit has no case " + family)

    def tool(self, *argv):
        done = subprocess.run([EXE, *argv], env=self.environment(), cwd=self.dir, check=False,
                              capture_output=True, timeout=30)
        if done.returncode != 0:
            raise Failed("pfnhunt %s: exit %d: %s" % (" ".join(argv), done.returncode,
                                                      done.stderr.decode("utf-8", "replace")))
        return done.stdout.decode("utf-8", "surrogateescape")

    def disk_mb(self):
        return sum(os.lstat(os.path.join(d, f)).st_blocks * 512 for d, _, files in
                   os.walk(self.results) for f in files) / (1 << 20)

    def there(self, name):
        return os.path.lexists(self.path(name))

    def text(self, name):
        with open(self.path(name), encoding="utf-8", errors="surrogateescape") as file:
            return file.read()


def one_of(wanted, seen, what):
    if str(seen) not in wanted.split("|"):
        raise Failed("%s is %s, and must be %s" % (what, seen, wanted))


def has(run, text, pattern, where):
    if not re.search(pattern, text, re.IGNORECASE | re.DOTALL):
        raise Failed("%s does not say /%s/" % (where, pattern))


def has_not(run, text, pattern, where):
    found = re.search(pattern, text, re.IGNORECASE)
    if found:
        raise Failed("%s says /%s/: %s" % (where, pattern, found.group()))


def that(run, text):
    names = {"run": run, "out": run.out, "err": run.err, "junit": run.junit, "boot": run.boot,
             "there": run.there, "text": run.text, "tool": run.tool, "re": re, "json": json,
             "took": run.took, "rss_mb": run.rss_mb, "disk_mb": run.disk_mb,
             "hunts": run.hunts, "lines": text.count, "hunt_json": run.json,
             "impaired": lambda n=0: [i["name"] for i in run.boot(n).get("impairments", [])],
             "incidents": lambda n=0: [i["title"] for i in run.boot(n)["incidents"]],
             "baseline": lambda n=0: [i["title"] for i in run.boot(n).get("baseline", [])]}
    names["lines"] = lambda pattern: len(re.findall(pattern, run.out, re.MULTILINE))
    try:
        if not eval(text, names):  # pylint: disable=eval-used; the rows are ours
            raise Failed("it is not so that " + text)
    except Failed:
        raise
    except Exception as error:
        raise Failed("%s: %s: %s" % (text, type(error).__name__, error)) from error


CHECKS = {
    "exit": lambda r, x: one_of(x, r.code, "the exit code (%s)" % (r.out + r.err)[-300:]),
    "verdict": lambda r, x: one_of(x, r.boot()["verdict"], "the boot's verdict"),
    "hunt": lambda r, x: one_of(x, r.json("summary.json")["verdict"], "the hunt's verdict"),
    "reason": lambda r, x: has(r, r.boot()["reason"], x, "the reason (%s)" % r.boot()["reason"]),
    "out": lambda r, x: has(r, r.out, x, "stdout"),
    "err": lambda r, x: has(r, r.err, x, "stderr"),
    "says": lambda r, x: has(r, r.out + r.err, x, "what was printed"),
    "no-out": lambda r, x: has_not(r, r.out, x, "stdout"),
    "no-err": lambda r, x: has_not(r, r.err, x, "stderr"),
    "that": that,
}


def always(run):
    """What holds for every row, whatever it plays."""
    if run.there("script.error"):
        raise Failed("the script is wrong: " + run.text("script.error"))
    if run.took >= run.row.within:
        raise Failed("it did not end within %g s" % run.row.within)
    if run.code < 0 or run.code > 4:
        raise Failed("pfnhunt ended with %d: %s" % (run.code, run.err[-500:]))
    has_not(run, run.out + run.err, "[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u200b-\u200f\u2028-\u202e"
            "\u2060-\u206f\ufeff\udc80-\udcff]",
            "what was printed")
    has_not(run, run.err, r"(GLib|Json)[^\n]*(CRITICAL|WARNING)|Sanitizer|runtime error", "stderr")
    if run.rss_mb > 1024:
        raise Failed("it took %d MiB of memory" % run.rss_mb)
    for pid in set(run.text("script.boots").split()) if run.there("script.boots") else ():
        try:
            with open("/proc/%s/environ" % pid, "rb") as file:
                alive = run.path("script").encode() in file.read()
        except OSError:
            alive = False
        if alive:
            os.kill(int(pid), signal.SIGKILL)
            raise Failed("it left QEMU behind")
    for hunt in run.hunts():
        name = os.path.basename(hunt)
        for path in sorted(glob.glob(hunt + "/boots/*/verdict.json")):
            try:
                with open(path, encoding="utf-8") as file:
                    json.load(file)
            except (ValueError, OSError) as error:
                raise Failed("%s: %s" % (path[len(run.dir):], error)) from error
        if os.path.exists(hunt + "/summary.json"):
            run.tool("results", "show", name)
            if run.row.kind == "words":
                xml.etree.ElementTree.fromstring(run.tool("report", "-f", "junit", name))


RECEIVED = threading.Lock()
RUNNING = set()  # process groups of rows


def stop(number, frame):
    for group in list(RUNNING):
        Run.kill(group)
    os._exit(128 + number)


def received(root):
    """A results folder with a hunt that found something, made once for all rows."""
    row = Row("received", "hunt")
    row.ini = ["policy: duration = 500ms", "goal: offlines = 5"]
    row.script = ["at run+0.2 splat some_walker"]
    run = Run(row, root)
    with RECEIVED:
        if not run.there("made"):
            run.prepare()
            if run.shell("hunt", WITHIN_S) != 1:
                raise Failed("no hunt to hand on: " + run.err)
            with open(run.path("made"), "wb"):
                pass
    return run.results


def play(row, root):
    """Why it failed, or None."""
    run = Run(row, root)
    try:
        run.prepare()
        for command in row.needs:
            if run.shell(command, WITHIN_S):
                return SKIP + command
        for command in row.shell:
            if run.shell(command, WITHIN_S):
                raise Failed("%s: %s" % (command, run.err[-500:]))
        run.code = run.shell(row.command, row.within)
        faults = []
        for check, argument in [("always", "")] + row.checks:
            try:
                always(run) if check == "always" else CHECKS[check](run, argument)
            except Failed as error:
                faults.append(str(error))
        return "; ".join(faults) or None
    except Failed as error:
        return str(error)
    except Exception as error:  # a row that cannot be played has failed
        return "%s: %s" % (type(error).__name__, error)
    finally:
        os.makedirs(run.dir, exist_ok=True)  # a row whose set-up failed may have none
        with open(run.path("took"), "w", encoding="utf-8") as file:
            file.write("%.1f s, %.1f s of a CPU, %.0f MiB\n" % (run.all_s, run.cpu_s, run.rss_mb))
        if not KEEP:
            shutil.rmtree(run.dir, ignore_errors=True)


def results(played, failed, root):
    """Number, row and fault of each. A row that failed has a second try with less beside it: on a
    machine that is very busy a deadline may pass that else would not."""
    number = 0
    for done in concurrent.futures.as_completed(played):
        row, fault = played[done], done.result()
        if fault and not row.fails and not fault.startswith(SKIP) and len(failed) < AGAIN:
            failed.append((row, fault))
            continue
        number += 1
        yield number, row, fault
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for (row, before), fault in zip(failed, pool.map(lambda f: play(f[0], root), failed)):
            print("# %s/%s: the first try: %s" % (row.kind, row.name, ascii(before)))
            number += 1
            yield number, row, fault


def wanted(row, names):
    if bool(row.guest) != GUESTS:
        return False
    if names:
        return row.kind in names or "%s/%s" % (row.kind, row.name) in names
    return row.slow == SLOW


def busy(row):
    """Such a row does not wait, but computes."""
    return "tamper.py" in row.command


def main():
    names = [a for a in sys.argv[1:] if not a.startswith("-")]
    rows = [r for p in sorted(glob.glob(HERE + "/rows/*.rows")) for r in read_rows(p)
            if wanted(r, names)]
    root = KEEP and os.path.abspath(KEEP) or tempfile.mkdtemp(prefix="pfnhunt-trust-")
    os.makedirs(root, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    print("1..%d" % len(rows), flush=True)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as waiting, \
            concurrent.futures.ThreadPoolExecutor(1) as computing:
        # The slowest first, so that none of them is left at the end.
        played = {(computing if busy(r) else waiting).submit(play, r, root): r
                  for r in sorted(rows, key=lambda r: -r.within)}
        failed = []
        for number, row, fault in results(played, failed, root):
            name = "%d %s/%s" % (number, row.kind, row.name)
            if fault and fault.startswith(SKIP):
                print("ok %s # SKIP %s" % (name, fault))
            elif fault:
                print("# %s\n# must be: %s\n# seen: %s" % (
                    row.name, row.why, fault.encode("ascii", "backslashreplace").decode()
                    .replace("\n", "\n# ")))
                print("not ok %s%s" % (name, " # TODO " + row.fails if row.fails else ""))
            else:
                if row.fails:
                    print("# %s: it holds now, take expect-fail away: %s" % (row.name, row.fails))
                print("ok " + name)
            sys.stdout.flush()
    if not KEEP:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
