#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""For rows of received folders: takes the folder `theirs`, replaces one file after the other by
what somebody else might have put there, and runs a command on each copy.

    tamper.py KIND COMMAND ARGUMENT...

{} in an argument is the copy, {new} an empty folder. Ends with 1 and says which, when the command
hung, died of a signal, took 300 MiB of memory or wrote 64 MiB into a file, printed control bytes, or followed a link.
"""

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

SECRET = "secret-4711"
HANG_S = 15
MEMORY_MB = 300
ENOUGH = 3  # faults to tell
FILE_BYTES = 64 << 20
PR_SET_PDEATHSIG = 1


def fifo(path):
    os.mkfifo(path)


def zero(path):
    os.symlink("/dev/zero", path)


def sparse(path):
    with open(path, "wb") as file:
        file.truncate(6 << 30)


def link(path):
    os.symlink(os.path.abspath("secret"), path)


def folder(path):
    os.mkdir(path)


def socket(path):
    import socket as sockets
    with sockets.socket(sockets.AF_UNIX) as sock:
        here = os.getcwd()
        os.chdir(os.path.dirname(path))  # the name of a socket is short
        sock.bind(os.path.basename(path))
        os.chdir(here)


def escapes(path):
    with open(path, "wb") as file:
        file.write(b'{"id": "\x1b[31m\x07", "verdict": \x1b]0;title\x07\xff\n\x9b2J not json')


def strings(path):
    """Sound JSON, every text of which is hostile; other files get lines of it."""
    evil = '"\\u001b[31m\\u0007\\n\\u202enot ok 1 - forged\\u0000\\ud800"'
    keys = ("id", "scenario", "seed", "kernel", "kernel_spec", "backend", "accel", "started",
            "verdict", "reason", "op", "name", "host", "text")
    with open(path, "w", encoding="utf-8") as file:
        file.write("{%s}\n" % ", ".join('"%s": %s' % (k, evil) for k in keys))


def deep(path):
    with open(path, "wb") as file:
        file.write(b"[" * 300000 + b"\n")


def empty(path):
    open(path, "wb").close()


def binary(path):
    with open(path, "wb") as file:
        file.write(os.urandom(200000))


KINDS = {f.__name__: f for f in (fifo, zero, sparse, link, folder, socket, escapes, strings, deep,
                                 empty, binary)}


def files_of(root):
    return sorted(os.path.relpath(os.path.join(d, f), root)
                  for d, _, names in os.walk(root) for f in names)


def become_child():
    """It dies with us, and writes no file of gigabytes."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))


def run(argv):
    """Code, what was printed, memory in MiB; code is None when it hung."""
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, preexec_fn=become_child)
    printed = bytearray()

    def read():
        while len(printed) < 1 << 22:
            data = os.read(child.stdout.fileno(), 1 << 16)
            if not data:
                break
            printed.extend(data)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    end = time.monotonic() + HANG_S
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid or time.monotonic() > end:
            break
        time.sleep(0.02)
    if not pid:
        child.kill()
        os.wait4(child.pid, 0)
        return None, bytes(printed), 0
    child.returncode = os.waitstatus_to_exitcode(status)
    reader.join(1)
    return child.returncode, bytes(printed), usage.ru_maxrss / 1024


def leaks(root):
    """A link, a program or the secret in what was copied."""
    for name in files_of(root) if os.path.isdir(root) else ():
        path = os.path.join(root, name)
        if os.path.islink(path):
            return name + " is a link"
        if not os.path.isfile(path):
            return name + " is no regular file"
        if os.lstat(path).st_mode & 0o111:
            return name + " can be executed"
        if os.path.getsize(path) < 1 << 22:
            with open(path, "rb") as file:
                if SECRET.encode() in file.read():
                    return name + " has what the link pointed at"
    return None


def faults(kind, name, argv):
    shutil.rmtree("copy", ignore_errors=True)
    shutil.rmtree("new", ignore_errors=True)
    shutil.copytree("theirs", "copy", symlinks=True)
    os.mkdir("new")
    path = os.path.abspath(os.path.join("copy", name))
    os.remove(path)
    KINDS[kind](path)
    code, printed, memory = run([a.replace("{new}", "new").replace("{}", "copy") for a in argv])
    if code is None:
        yield "hung"
    elif code < 0 or code > 4:
        yield "ended with %d: %s" % (code, printed[-200:])
    if memory >= MEMORY_MB:
        yield "took %d MiB" % memory
    if any(b < 32 and b not in b"\t\n" or b == 127 for b in printed):
        yield "printed control bytes"
    if SECRET.encode() in printed:
        yield "printed what the link points at"
    if b"\nnot ok 1 - forged" in printed:
        yield "printed a forged line"
    found = leaks("new")
    if found:
        yield found
    if os.path.exists("pwned"):
        os.remove("pwned")
        yield "executed something"


def main():
    kind, argv = sys.argv[1], sys.argv[2:]
    with open("secret", "w", encoding="utf-8") as file:
        file.write(SECRET + "\n")
    bad = 0
    for name in files_of("theirs"):
        for fault in faults(kind, name, argv):
            print("%s as %s: %s" % (name, kind, fault))
            bad += 1
        if bad >= ENOUGH:
            break
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
