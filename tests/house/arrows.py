#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds the code against the table of arrows (arrows.tsv): arrows.py SOURCE_DIR BUILD_DIR

Three rules, of which each breach is one line with file, line and rule:
- a file includes headers of its own room and of the rooms that its row names, no others;
- what it calls (read from the object files with nm) lies in those rooms, too;
- no two files call each other, directly or around a circle.
"""
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


def source_of(root, build, obj):
    """The source file of an object file: harness/libtriage.a.p/splat_open.c.o is splat/open.c there."""
    folder, _, name = obj.removeprefix(build + "/").partition(".p/")
    base, name = os.path.dirname(folder), name.removesuffix(".o")
    while not os.path.exists(os.path.join(root, base, name)) and "_" in name:
        name = name.replace("_", "/", 1)
    return os.path.join(base, name)


def objects(root, build):
    """{source file: (names it defines, names it needs)}, each source once."""
    first = {}
    for top in ("guest-agent", "host-driver", "harness"):
        for obj in sorted(glob.glob(f"{build}/{top}/**/*.c.o", recursive=True)):
            path = source_of(root, build, obj)
            if os.path.exists(os.path.join(root, path)):
                first.setdefault(path, obj)
    if len(first) < 100:
        sys.exit(f"only {len(first)} object files below {build}: build first")
    path_of = {obj: path for path, obj in first.items()}
    found = {path: (set(), set()) for path in first}
    out = subprocess.run(["nm", "-A", *path_of], capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        obj, _, rest = line.partition(":")
        kind, symbol = rest.split()[-2:]
        if kind == "U":
            found[path_of[obj]][1].add(symbol)
        elif kind.isupper():
            found[path_of[obj]][0].add(symbol)
    return found


def calls(found):
    """{file: {file it needs: a symbol that shows it}}"""
    owner = {s: path for path, (defined, _) in found.items() for s in defined}
    graph = {path: {} for path in found}
    for path, (_, needed) in found.items():
        for symbol in sorted(needed):
            to = owner.get(symbol)
            if to and to != path and not any(path == f and symbol.startswith(p) for f, p in TABLES):
                graph[path].setdefault(to, symbol)
    return graph


def prints(found):
    """Files of the harness below cli that write to the terminal."""
    for path, (_, needed) in found.items():
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
    found = objects(root, build)
    graph = calls(found)
    for path, uses in graph.items():
        for to, symbol in uses.items():
            if not allowed(rows, room_of(path), room_of(to)):
                breaches.append(f"{path}: {room_of(path)} may not call {symbol} of {to}")
    breaches += prints(found)
    for group in circles(graph):
        arrows = [f"{a} -> {b} ({s})" for a in group for b, s in graph[a].items() if b in group]
        breaches.append("circle: " + ", ".join(arrows))
    print("\n".join(breaches) if breaches else f"{len(graph)} files, no arrow against the table")
    sys.exit(1 if breaches else 0)


main()
