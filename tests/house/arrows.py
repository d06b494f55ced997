#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the code against the table of arrows (arrows.tsv): arrows.py SOURCE_DIR BUILD_DIR

Three rules, of which each breach is one line with file, line and rule:
- a file includes headers of its own room and of the rooms that its row names, no others;
- what it calls (read from the object files with nm) lies in those rooms, too;
- no two files call each other, directly or around a circle.
"""
import collections
import glob
import os
import re
import subprocess
import sys

# The op table is the one place that names every op: its data points up, its code does not.
TABLES = {("guest-agent/contract/op.c", "op_")}

PRINTERS = {"stdout", "stderr", "printf", "__printf_chk", "puts", "putchar", "g_print", "g_printerr"}


def table(path):
    rows = {}
    for line in open(path):
        if line.startswith("#"):
            continue
        room, _, seen = line.rstrip("\n").partition("\t")
        rows[room] = seen.split()
    return rows


def room_of(path):
    return os.path.dirname(path)


def allowed(rows, a, b):
    return a == b or any(b == r or b.startswith(r + "/") for r in rows[a])


def sources(root):
    for top in ("guest-agent", "host-driver", "harness"):
        for ext in ("c", "h"):
            for path in sorted(glob.glob(f"{root}/{top}/**/*.{ext}", recursive=True)):
                yield os.path.relpath(path, root)


def includes(root, rows):
    """Breaches of the first rule, and files in rooms that have no row."""
    for path in sources(root):
        if room_of(path) not in rows:
            yield f"{path}:1: the room {room_of(path)} has no row in arrows.tsv"
            continue
        for number, line in enumerate(open(os.path.join(root, path), errors="replace"), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if m and "/" in m[1] and not allowed(rows, room_of(path), room_of(m[1])):
                yield f"{path}:{number}: {room_of(path)} may not include {m[1]}"


def objects(root, build):
    """(source file, names it defines, names it needs) of each object file, each source once."""
    seen = set()
    for obj in sorted(glob.glob(f"{build}/**/*.c.o", recursive=True)):
        folder, _, name = obj.removeprefix(build + "/").partition(".p/")
        base = "/".join(folder.split("/")[:-1])
        path = os.path.join(base, name.removesuffix(".o"))
        while not os.path.exists(os.path.join(root, path)) and "_" in name:
            name = name.replace("_", "/", 1)
            path = os.path.join(base, name.removesuffix(".o"))
        if not os.path.exists(os.path.join(root, path)) or path in seen:
            continue
        if path.split("/")[0] not in ("guest-agent", "host-driver", "harness"):
            continue
        seen.add(path)
        out = subprocess.run(["nm", obj], capture_output=True, text=True, check=True).stdout
        defined, needed = set(), set()
        for line in out.splitlines():
            kind, symbol = line.split()[-2:]
            if kind == "U":
                needed.add(symbol)
            elif kind.isupper():
                defined.add(symbol)
        yield path, defined, needed


def calls(root, build):
    """{file: {file it needs: a symbol that shows it}}"""
    found = list(objects(root, build))
    owner = {s: path for path, defined, _ in found for s in defined}
    graph = {path: {} for path, _, _ in found}
    for path, _, needed in found:
        for symbol in sorted(needed):
            to = owner.get(symbol)
            if to and to != path and not any(path == f and symbol.startswith(p) for f, p in TABLES):
                graph[path].setdefault(to, symbol)
    return graph


def prints(root, build):
    """Files of the harness below cli that write to the terminal."""
    for path, _, needed in objects(root, build):
        words = sorted(needed & PRINTERS)
        if path.startswith("harness/") and room_of(path) != "harness/cli" and words:
            yield f"{path}: only harness/cli prints, and this calls {words[0]}"


def circles(graph):
    """Groups of files that reach each other (Tarjan's strongly connected components)."""
    index, low, stack, on, out, count = {}, {}, [], set(), [], [0]

    def visit(v):
        index[v] = low[v] = count[0]
        count[0] += 1
        stack.append(v)
        on.add(v)
        for w in graph[v]:
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in on:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            group = []
            while True:
                w = stack.pop()
                on.discard(w)
                group.append(w)
                if w == v:
                    break
            if len(group) > 1:
                out.append(sorted(group))

    sys.setrecursionlimit(10000)
    for v in graph:
        if v not in index:
            visit(v)
    return out


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    root, build = (os.path.abspath(p) for p in sys.argv[1:])
    rows = table(os.path.join(os.path.dirname(os.path.abspath(__file__)), "arrows.tsv"))
    breaches = list(includes(root, rows))
    graph = calls(root, build)
    if len(graph) < 100:
        sys.exit(f"only {len(graph)} object files below {build}: build first")
    for path, uses in graph.items():
        for to, symbol in uses.items():
            if not allowed(rows, room_of(path), room_of(to)):
                breaches.append(f"{path}: {room_of(path)} may not call {symbol} of {to}")
    breaches += prints(root, build)
    for group in circles(graph):
        arrows = [f"{a} -> {b} ({s})" for a in group for b, s in graph[a].items() if b in group]
        breaches.append("circle: " + ", ".join(arrows))
    print("\n".join(breaches) if breaches else f"{len(graph)} files, no arrow against the table")
    sys.exit(1 if breaches else 0)


main()
