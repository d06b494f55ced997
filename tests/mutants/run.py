#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Mutation tests of the modules that decide: does a unit test fail when one place of one is wrong?

For each module of modules.tsv a sample of the mutants of operators.py is compiled, one object file
each, and the module's tests run until one fails. They are linked once, with all of our libraries as
a shared one, before which the mutant is loaded. A mutant that does not compile, or whose object file is
the module's own under -O2, is not counted. Prints "module killed/total percent", the survivors
below each module, and fails when a module is below the limit.
"""
import argparse
import concurrent.futures
import contextlib
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from operators import Mutant, mutants

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LEAST = 80
# What most modules include; a precompiled header is half of the time to compile one.
HEADERS = ("glib.h", "gio/gio.h", "json-glib/json-glib.h", "string.h", "math.h")
# Tests that wait for timers more than they work: this many processes share their cases.
WAITING = ("boot", "boot-trust", "verdict-golden", "hunt", "hunt-hosts", "pressure", "hostile")
SHARDS = 12
# What the modules are in.
WHOLE = ("harness/libharness.a", "harness/libtriage.a", "host-driver/libhost-driver.a",
         "guest-agent/libagent-ops.a")


def modules() -> list[tuple[str, list[str]]]:
    rows = []
    for line in (HERE / "modules.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            module, tests = line.split("\t")
            rows.append((module, tests.split()))
    return rows


class Test(NamedTuple):
    program: str
    meson: dict
    limit_s: float
    shards: list[list[str]]


class Build:
    """A configured and built tree: how it compiles, and its tests, linked for mutants."""

    def __init__(self, path: Path, where: Path):
        self.path, self.where = path, where
        commands = json.loads((path / "compile_commands.json").read_text())
        self.compiles = {os.path.normpath(path / c["file"]): c for c in commands}
        tests = json.loads((path / "meson-info" / "intro-tests.json").read_text())
        self.meson = {t["name"]: t for t in tests}
        self.tests: dict[str, Test] = {}
        self.library = where / "liball.so"

    def compile_args(self, source: Path) -> list[str]:
        """The compiler's arguments but for what to compile, how to optimise and where to."""
        words = shlex.split(self.compiles[str(source)]["command"])
        if os.path.basename(words[0]) == "ccache":
            del words[0]
        drop = {"-MD": 0, "-MQ": 1, "-MF": 1, "-o": 1, "-c": 1, "-g": 0, "-O2": 0}
        args, i = [], 0
        while i < len(words):
            if words[i] in drop:
                i += drop[words[i]]
            elif not words[i].startswith("-D_FORTIFY"):
                args.append(words[i])
            i += 1
        return [*args, "-w", "-iquote", str(source.parent)]

    def test(self, name: str) -> Test:
        """The test @name, its time measured: linked once, with our libraries as a shared one."""
        if name not in self.tests:
            meson = self.meson[name]
            program = self.link(meson["cmd"][0])
            test = Test(program, meson, 300, shards(program, meson))
            took = play(test, self.where, None)
            if took < 0:
                raise SystemExit(f"the test {name} fails without a mutant")
            self.tests[name] = test._replace(limit_s=3 * took + 10)
        return self.tests[name]

    def link_words(self, target: str) -> list[str]:
        listed = subprocess.run(["ninja", "-t", "commands", target], cwd=self.path, check=True,
                                capture_output=True, text=True)
        return shlex.split(listed.stdout.splitlines()[-1])

    def link_library(self) -> None:
        """All of our libraries as a shared one, with what the program links."""
        words = self.link_words("harness/pfnhunt")
        libraries = [w for w in words if w.startswith("-l") or w.endswith(".so")]
        subprocess.run([words[0], "-shared", "-o", str(self.library), "-Wl,-S",
                        "-Wl,--whole-archive", *WHOLE, "-Wl,--no-whole-archive", *libraries],
                       cwd=self.path, check=True)

    def link(self, program: str) -> str:
        words = self.link_words(os.path.relpath(program, self.path))
        out = str(self.where / os.path.basename(program))
        words[words.index("-o") + 1] = out
        words = [w for w in words if w not in WHOLE]
        if not self.library.exists():
            self.link_library()
        subprocess.run([*words, str(self.library), "-Wl,-S", "-Wl,--export-dynamic"],
                       cwd=self.path, check=True)
        return out


def quiet(args: list[str], cwd: Path) -> bool:
    return subprocess.run(args, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def environment(meson: dict, where: Path, preload: Path | None) -> dict[str, str]:
    env = dict(os.environ, **meson["env"], TMPDIR=str(where))
    if preload:
        env["LD_PRELOAD"] = str(preload)
    return env


def shards(program: str, meson: dict) -> list[list[str]]:
    """The arguments of the processes that together run all cases of a test."""
    if meson["name"] not in WAITING:
        return [[]]
    listed = subprocess.run([program, "-l"], env=dict(os.environ, **meson["env"]), check=True,
                            capture_output=True, text=True).stdout
    cases = [c for c in listed.split("\n") if c.startswith("/")]
    count = min(SHARDS, len(cases))
    return [[w for c in cases[i::count] for w in ("-p", c)] for i in range(count)]


def play(test: Test, where: Path, preload: Path | None) -> float:
    """How long @test took with the library @preload; -1: it failed."""
    env = environment(test.meson, where, preload)
    start = time.monotonic()
    children = [subprocess.Popen([test.program, *test.meson["cmd"][1:], *shard], env=env,
                                 cwd=where, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, start_new_session=True)
                for shard in test.shards]
    codes = [None] * len(children)
    while None in codes and not any(codes) and time.monotonic() - start < test.limit_s:
        time.sleep(0.02)
        codes = [c.poll() for c in children]
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    return -1 if None in codes or any(codes) else time.monotonic() - start


class Module:
    def __init__(self, build: Build, name: str, tests: list[str], where: Path):
        self.build, self.name, self.where = build, name, where
        self.source = ROOT / name
        self.text = self.source.read_text()
        self.args = build.compile_args(self.source)
        self.tests = [build.test(t) for t in tests]
        self.own = where / "own"
        self.own.mkdir(parents=True)
        self.header()
        self.original = self.optimised(self.text, self.own)

    def header(self) -> None:
        header = self.where / "all.h"
        header.write_text("".join(f"#include <{h}>\n" for h in HEADERS))
        if quiet([*self.args, "-O0", "-x", "c-header", str(header), "-o", f"{header}.gch"],
                 self.build.path):
            self.args += ["-include", str(header)]

    def compile(self, text: str, where: Path) -> bool:
        source, library = where / "mutant.c", where / "mutant.so"
        source.write_text(text)
        return quiet([*self.args, "-O0", "-shared", "-o", str(library), str(source)],
                     self.build.path)

    def optimised(self, text: str, where: Path) -> bytes:
        """The object file that the release build would have."""
        source, out = where / "mutant.c", where / "mutant.o"
        source.write_text(text)
        quiet([*self.args, "-O2", f"-ffile-prefix-map={where}=.", "-c", "-o", str(out), str(source)],
              self.build.path)
        return out.read_bytes()

    def judge(self, mutant: Mutant) -> str:
        """killed, survived, or why it does not count: invalid, equivalent"""
        where = Path(tempfile.mkdtemp(dir=self.where))
        try:
            text = mutant.apply(self.text)
            if not self.compile(text, where):
                return "invalid"
            if any(play(test, where, where / "mutant.so") < 0 for test in self.tests):
                return "killed"
            return "equivalent" if self.optimised(text, where) == self.original else "survived"
        finally:
            shutil.rmtree(where, ignore_errors=True)

    def show(self, mutant: Mutant) -> str:
        def one_line(text: str) -> str:
            return re.sub(r"\s+", " ", text)
        before = one_line(self.text[mutant.start:mutant.end])
        line = self.text.split("\n")[mutant.line - 1].strip()
        return (f"  {self.name}:{mutant.line}: {mutant.operator}: {before} -> "
                f"{one_line(mutant.text).strip()}   | {line}")


def sample(module: Module, count: int, jobs: int) -> tuple[int, list[Mutant]]:
    """Of the first @count that count: how many were killed, and the survivors."""
    killed, survivors, waiting = 0, [], iter(mutants(module.text))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        while (left := count - killed - len(survivors)) > 0:
            batch = [m for m, _ in zip(waiting, range(left))]
            if not batch:
                break
            for mutant, verdict in zip(batch, pool.map(module.judge, batch)):
                killed += verdict == "killed"
                if verdict == "survived":
                    survivors.append(mutant)
    return killed, survivors


def show(module: Module, killed: int, survivors: list[Mutant]) -> bool:
    """Prints the module's row. Returns whether it is below the limit."""
    total = killed + len(survivors)
    percent = 100 * killed // max(total, 1)
    print(f"{module.name} {killed}/{total} {percent} %{' BELOW' if percent < LEAST else ''}")
    for mutant in sorted(survivors):
        print(module.show(mutant))
    sys.stdout.flush()
    return percent < LEAST


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path)
    parser.add_argument("words", nargs="*", metavar="MODULE", help="those with this in their names")
    parser.add_argument("-n", type=int, default=20, help="mutants of a module (20)")
    parser.add_argument("--all", action="store_true", help="all mutants")
    parser.add_argument("-j", type=int, default=1, help="mutants at once (1)")
    args = parser.parse_intermixed_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The tests sync what they write, which is slow on a disk.
    memory = next((d for d in ("/dev/shm",) if os.access(d, os.W_OK)), None)
    with tempfile.TemporaryDirectory(dir=memory, prefix="pfnhunt-mutants-",
                                     ignore_cleanup_errors=True) as directory:
        where = Path(directory)
        build = Build(args.build.resolve(), where)
        below = 0
        for i, (name, tests) in enumerate(modules()):
            if args.words and not any(word in name for word in args.words):
                continue
            module = Module(build, name, tests, where / str(i))
            killed, survivors = sample(module, 1 << 30 if args.all else args.n, args.j)
            below += show(module, killed, survivors)
    if below:
        print(f"{below} modules below {LEAST} %")
    return below > 0


if __name__ == "__main__":
    sys.exit(main())
