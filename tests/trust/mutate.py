#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes a hunt's folder, changes what its JSON says, and runs a command on it that reads it: each
must end with an exit code of ours within its time and memory, and print what a terminal shows.

    PFNHUNT_EXE=build/harness/pfnhunt tests/trust/mutate.py [MUTANTS [SEED]]

Speaks TAP, a line for each command. The same seed makes the same mutants, and a fault names its own.
"""

import collections
import concurrent.futures
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree

import run as trust

MUTANTS = int(sys.argv[1]) if len(sys.argv) > 1 else 300
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else 1
MEMORY_MB = 300
HANG_S = 60
WORKERS = 3
EVIL = ("a\x1b[31m\x07\r\nok 99 forged\nforged 1\x9b2J\u202e\u2028\u2066\x7f\"><img src=x>]]></script>"
        "&#x0;{}\\ %s%n")
NIGHT = "[nightly]\nbudget = 2s\nscenarios = ./scenario.ini\nkernels = ./vmlinux\nboots = 1\n"

# Words of JSON, some of which only a lax reader takes.
WORDS = ["null", "true", "false", "[]", "{}", "[[]]", '""', '"x"', "0", "-1", "1.5", "1e999", "-1e999",
         "1e308", "NaN", "Infinity", "9223372036854775807", "-9223372036854775808", "4294967296",
         "9007199254740993", "99999999999999999999999999", "00", "+1", "0x10", "'x'", "",
         json.dumps(EVIL), '"\\ud800"', '"\\u0000"', '"\xff\\"', '"../../../../escaped"', '"/etc/shadow"',
         '".."', '"incident"', '"hang"', '"libvirt:qemu+ssh://h/system?command=/bin/false"',
         '"%s"' % ("x" * 300000), "[" * 100000, '{"a":' * 100000, "[" * 60 + "]" * 60,
         "[%s]" % ",".join(["{}"] * 50000), "[%s]" % ",".join(["1"] * 100000),
         "/* */ 1", "[1,]", '{"a":1,"a":[]}']


class Raw(str):
    """A word that is written as it is."""


def dump(value):
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Members):
        return "{%s}" % ",".join("%s:%s" % (json.dumps(k), dump(v)) for k, v in value)
    if isinstance(value, list):
        return "[%s]" % ",".join(map(dump, value))
    return json.dumps(value)


class Members(list):
    """An object, in which a key may stand twice."""


def places(value, found):
    """Each (list, index) below @value."""
    for i, item in enumerate(value):
        found.append((value, i))
        inner = item[1] if isinstance(value, Members) else item
        if isinstance(inner, list):
            places(inner, found)
    return found


def other_value(dice, where, i):
    word = Raw(dice.choice(WORDS))
    where[i] = (where[i][0], word) if isinstance(where, Members) else word


def left_out(dice, where, i):
    del where[i]


def twice(dice, where, i):
    where.insert(dice.randrange(len(where) + 1), where[i])
    other_value(dice, where, i)


def other_key(dice, where, i):
    if isinstance(where, Members):
        where[i] = (dice.choice(["", "x", EVIL, "id", "verdict", "k" * 5000]), where[i][1])


def many(dice, where, i):
    # Our own peak counts as that of the children: no file becomes much larger than what is read.
    item = where[i][1] if isinstance(where, Members) else where[i]
    where[i:i] = [where[i]] * min(dice.choice([2, 300, 3000]), 1 + (8 << 20) // len(dump(item) + " "))


CHANGES = [other_value] * 6 + [left_out, twice, other_key, many]


def mutant(dice, text):
    """@text, changed in one to three places, or broken as bytes."""
    if dice.random() < 0.15:
        at = dice.randrange(len(text))
        data = text.encode()
        return dice.choice([data[:at], data[:at] + bytes([dice.randrange(256)]) + data[at + 1:],
                            data[:at] + b"\0" + data[at:], b"\xff\xfe" + data, data + data,
                            dice.choice(WORDS).encode("latin-1", "replace"), b""])
    tree = json.loads(text, object_pairs_hook=Members)
    for _ in range(dice.randint(1, 3)):
        found = places(tree, [])
        if found:
            dice.choice(CHANGES)(dice, *dice.choice(found))
    return dump(tree).encode("utf-8", "surrogatepass")


class Bench:
    """A results folder for one mutant at a time."""

    def __init__(self, root, number, made):
        self.dir = os.path.join(root, "bench%d" % number)
        self.results = os.path.join(self.dir, "t")
        os.makedirs(os.path.join(self.dir, "bin"))
        shutil.copytree(made, self.results)
        self.hunt = glob.glob(self.results + "/2*")[0]
        self.id = os.path.basename(self.hunt)
        self.files = sorted(glob.glob(self.hunt + "/*.json") + glob.glob(self.hunt + "/boots/*/*.json"))
        self.first = {f: open(f, encoding="utf-8").read() for f in self.files}
        os.symlink("/bin/false", os.path.join(self.dir, "bin", "qemu-system-x86_64"))
        trust.write_kernel(os.path.join(self.dir, "vmlinux"))
        with open(os.path.join(self.dir, "config"), "w", encoding="utf-8") as file:
            file.write("CONFIG_VIRTIO_MEM=y\n")
        shutil.copy(self.hunt + "/scenario.ini", self.dir)
        with open(os.path.join(self.dir, "night.ini"), "w", encoding="utf-8") as file:
            file.write(NIGHT)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "PFNHUNT_"))}
        self.env.update(PATH=self.dir + "/bin:" + os.environ["PATH"], HOME=self.dir, LC_ALL="C.UTF-8",
                        NO_COLOR="1", PFNHUNT_CONFIGS=os.path.join(trust.SOURCE, "configs"))
        if "PFNHUNT_AGENT" in os.environ:
            self.env["PFNHUNT_AGENT"] = os.environ["PFNHUNT_AGENT"]

    def restore(self):
        for path, text in self.first.items():
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        shutil.rmtree(os.path.join(self.dir, "n"), ignore_errors=True)
        for name in os.listdir(self.results):
            path = os.path.join(self.results, name)
            if name != self.id:
                shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)

    def play(self, number, name):
        """The faults of mutant @number under command @name."""
        dice = random.Random("%d %d" % (SEED, number))
        changed = dice.choice(self.files)
        with open(changed, "wb") as file:
            file.write(mutant(dice, self.first[changed]))
        argv = [a.replace("{id}", self.id) for a in COMMANDS[name]]
        with open(self.dir + "/out", "wb") as out, open(self.dir + "/err", "wb") as err:
            child = subprocess.Popen([trust.EXE] + argv, cwd=self.dir, env=self.env, stdout=out,
                                     stderr=err, stdin=subprocess.DEVNULL, start_new_session=True)
            late = threading.Timer(HANG_S, trust.Run.kill, (child.pid,))
            late.start()
            _, status, usage = os.wait4(child.pid, 0)
            late.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        found = list(self.faults(name, child.returncode, usage.ru_maxrss / 1024))
        if found and "MUTANTS" in os.environ:
            shutil.copytree(self.dir, os.path.join(os.environ["MUTANTS"], str(number)), symlinks=True)
        self.restore()
        return ["mutant %d, %s: %s" % (number, os.path.relpath(changed, self.hunt), f) for f in found]

    def faults(self, name, code, memory):
        if not 0 <= code <= 4:
            yield "ended with %d" % code
        if memory >= MEMORY_MB:
            yield "took %d MiB" % memory
        said = {}
        for stream in ("out", "err"):
            with open(os.path.join(self.dir, stream), "rb") as file:
                data = file.read(16 << 20)
            try:
                said[stream] = data.decode()
            except UnicodeDecodeError as error:
                yield "%s is no UTF-8: %s" % (stream, error)
                return
            raw = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]",
                            said[stream])
            if raw:
                yield "%s has %r" % (stream, raw.group())
            if re.search("^(not )?ok 99|^forged", said[stream], re.M):
                yield stream + " has a forged line"
        bad = re.search("CRITICAL|Sanitizer|runtime error|Assertion", said["err"])
        if bad:
            yield said["err"][max(0, bad.start() - 100):bad.start() + 200]
        if code in (0, 1) and name in ("junit", "json", "jsonl"):
            try:
                if name == "junit":
                    xml.etree.ElementTree.fromstring(said["out"])
                else:
                    for line in said["out"].splitlines():
                        json.loads(line)
            except (ValueError, xml.etree.ElementTree.ParseError) as error:
                yield "cannot be read: %s" % error
        if "<img" in said["out"]:
            yield "lets markup through"
        if glob.glob(self.dir + "/../escaped*") or glob.glob(self.dir + "/escaped*"):
            yield "wrote elsewhere"


COMMANDS = {
    "show": ["results", "-o", "t", "show", "last"],
    "show-boot": ["results", "-o", "t", "show", "last/0"],
    "json": ["results", "--json", "-o", "t", "show", "last"],
    "exposure": ["results", "-o", "t", "exposure"],
    "rebuild": ["results", "-o", "t", "rebuild"],
    "compare": ["results", "-o", "t", "compare", "last", "last"],
    "merge": ["results", "-o", "n", "merge", "t"],
    "html": ["report", "--results", "t", "-f", "html", "last"],
    "junit": ["report", "--results", "t", "-f", "junit", "last"],
    "ktap": ["report", "--results", "t", "-f", "ktap", "last"],
    "jsonl": ["report", "--results", "t", "-f", "jsonl", "last"],
    "prometheus": ["report", "--results", "t", "-f", "prometheus", "last"],
    "replay": ["replay", "-o", "t", "{id}", "-k", "./vmlinux"],
    "resume": ["run", "-o", "t", "-k", "./vmlinux", "--resume", "{id}", "--boots", "2"],
    "nightly": ["nightly", "-o", "t", "--accel", "tcg", "night.ini"],
}


def main():
    root = tempfile.mkdtemp(prefix="pfnhunt-mutants-")
    names = sorted(COMMANDS)
    faults, played = collections.defaultdict(list), collections.Counter()
    try:
        made = trust.received(root)
        free = [Bench(root, i, made) for i in range(WORKERS)]

        def play(number):
            bench, name = free.pop(), names[number % len(names)]
            try:
                return name, bench.play(number, name)
            finally:
                free.append(bench)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for name, found in pool.map(play, range(MUTANTS)):
                played[name] += 1
                faults[name] += found
    finally:
        shutil.rmtree(root, ignore_errors=True)
    print("1..%d" % len(names))
    for number, name in enumerate(names, 1):
        for fault in faults[name][:5]:
            print("# " + ascii(fault))
        print("%s %d %s: %d mutants" % ("not ok" if faults[name] else "ok", number, name, played[name]))


if __name__ == "__main__":
    main()
