#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Plays qemu-system-x86_64, its guest and the agent in it, by the script of a row.

Without a script it is a sound machine: it greets, says hello, plugs what it is asked for, counts
steps, and powers off when it is told to. A script (README.md says how it is written) takes
something away from that, changes it, or does something at an instant of the session. pfnhunt
gives it QMP, console and agent as descriptors 3, 4 and 5.
"""

import heapq
import json
import os
import re
import selectors
import shlex
import signal
import sys
import time

from acts import Acts

QMP, CONSOLE, AGENT, OUTPUT = 3, 4, 5, 1
CHANNELS = {"qmp": QMP, "console": CONSOLE, "agent": AGENT, "output": OUTPUT}
QUEUE_MAX = 8 << 20
RELEASE = "6.1.0-trust"


class Script:
    """What the row says about this boot."""

    def __init__(self, lines):
        self.without = set()
        self.acts = {}      # event -> [(delay, period, words)]
        self.replies = {}   # QMP command -> what becomes of it
        self.fields = {}    # verb -> {key: value}
        self.states = {}    # op instance -> (state, reason)
        self.delays = {}    # step -> seconds
        self.values = {"duration": None, "clock": 1.0, "size": "follows", "steps": 500.0,
                       "offlines": 40.0, "boot-seconds": 1.0}
        for line in filter(None, lines):
            self.read(line)

    def read(self, line):
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        if word == "without":
            self.without.update(rest.split())
        elif word in ("at", "every"):
            period = None
            if word == "every":
                text, rest = rest.split(" ", 1)
                period = float(text)
            when, words = rest.split(" ", 1)
            event, _, delay = when.partition("+")
            self.acts.setdefault(event, []).append((float(delay or 0), period, words.strip()))
        elif word == "qmp":
            command, _, reply = rest.partition(" ")
            self.replies[command] = reply.strip()
        elif word == "fields":
            verb, _, pairs = rest.partition(" ")
            self.fields.setdefault(verb, {}).update(p.split("=", 1) for p in shlex.split(pairs))
        elif word == "opstate":
            inst, state, reason = (rest + "  ").split(" ", 2)
            self.states[int(inst)] = (state, reason.strip())
        elif word == "delay":
            step, seconds = rest.split()
            self.delays[step] = float(seconds)
        elif word == "set":
            key, value = rest.split()
            self.values[key] = value if key == "size" else float(value)
        else:
            raise ValueError("no such line in a script: " + line)


class Channel:
    """A descriptor that never makes us wait."""

    def __init__(self, fd):
        self.fd = fd
        self.queue = bytearray()
        self.mute = False
        self.closed = False
        os.set_blocking(fd, False)

    def send(self, data):
        if not self.mute and not self.closed and len(self.queue) < QUEUE_MAX:
            self.queue += data
            self.flush()

    def flush(self):
        try:
            while self.queue and not self.closed:
                n = os.write(self.fd, self.queue[:1 << 16])
                del self.queue[:n]
        except BlockingIOError:
            pass
        except OSError:
            self.queue.clear()


def wire(text):
    return re.sub(rb"[^!-$&-~]", lambda m: b"%%%02X" % m.group()[0],
                  text.encode("utf-8", "surrogateescape")).decode() or ""


class Machine(Acts):
    def __init__(self, script, argv):
        self.script = script
        self.argv = argv
        self.started = time.monotonic()
        self.timers = []
        self.number = 0
        self.channels = {name: Channel(fd) for name, fd in CHANNELS.items()}
        self.selector = selectors.DefaultSelector()
        self.partial = {QMP: b"", AGENT: b""}
        self.floods = {}
        self.ops = []
        self.seq = 0
        self.went = self.ended = None
        self.over = False
        self.duration = 0.0
        self.probe = "off"
        self.deaf = set()
        self.jump = 0.0
        self.devices = {}
        self.answered = 0
        for device in argv:
            if device.startswith("virtio-mem-pci,"):
                facts = dict(p.split("=", 1) for p in device.split(",")[1:])
                self.devices[facts["id"]] = [int(facts["requested-size"]), 0]

    # Time

    def after(self, seconds, what):
        self.number += 1
        heapq.heappush(self.timers, (time.monotonic() + seconds, self.number, what))

    def elapsed(self):
        return time.monotonic() - self.started

    def now_ns(self):
        clock = self.elapsed() * self.script.values["clock"] + self.jump
        return int((self.script.values["boot-seconds"] + clock) * 1e9)

    def fire(self, event):
        for delay, period, words in self.script.acts.get(event, []):
            self.after(delay, lambda w=words, p=period: self.act(w, p))

    def has(self, step):
        return step not in self.script.without

    def step(self, name, what, seconds=0.0):
        self.after(self.script.delays.get(name, seconds), what)

    # What it says

    def fill(self, text):
        now = self.now_ns()
        stamp = "[%12.6f] " % (now / 1e9)
        return (text.replace("{now}", str(now)).replace("{[]}", stamp)
                .replace("{uid}", str(os.getuid())))

    def agent(self, verb, **fields):
        fields.update(self.script.fields.get(verb, {}))
        line = verb + "".join(" %s=%s" % (k.replace("_", "_"), self.fill(wire(str(v))))
                              for k, v in fields.items() if v != "-")
        self.channels["agent"].send(line.encode("latin-1") + b"\n")

    def console(self, text):
        if self.has("console"):
            self.channels["console"].send((self.fill(text) + "\r\n").encode("utf-8"))

    def kmsg(self, text, prio=6):
        self.seq += 1
        if self.has("kmsg"):
            self.agent("kmsg", seq=self.seq, t_us=self.now_ns() // 1000, prio=prio, text=text)

    def printk(self, text, prio=6):
        self.console("{[]}" + text)
        self.kmsg(text, prio)

    def qmp(self, message):
        self.channels["qmp"].send(json.dumps(message).encode() + b"\r\n")

    def qmp_event(self, name, **data):
        message = {"timestamp": {"seconds": int(time.time()), "microseconds": 0}, "event": name}
        if data:
            message["data"] = data
        self.qmp(message)

    # The session

    def power_on(self):
        if self.has("greeting"):
            self.step("greeting", self.greet)
        self.console("{[]}Linux version " + RELEASE + " (a@b) #1 SMP")
        self.console("{[]}Command line: console=ttyS0")
        self.fire("power-on")
        if self.has("hello"):
            self.step("hello", self.hello, 0.05)

    def greet(self):
        self.qmp({"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 22}},
                          "capabilities": ["oob"]}})
        self.fire("greeting")

    def hello(self):
        self.agent("hello", proto=1, release=RELEASE, version="#1", machine="x86_64", cpus=2,
                   page_bytes=4096, block_bytes=134217728, t_ns=self.now_ns(), rec_pages=0)
        self.agent("cap", name="preempt", value="voluntary")
        self.kmsg("Linux version " + RELEASE)
        self.fire("hello")

    def host_line(self, line):
        verb, _, rest = line.partition(" ")
        pairs = dict(p.split("=", 1) for p in rest.split() if "=" in p)
        if verb == "ping":
            if self.has("pong") and "pong" not in self.deaf:
                self.agent("pong", id=pairs.get("id", "0"), t_ns=self.now_ns())
            return
        if verb == "plan":
            self.probe = pairs.get("probe", "off")
            self.agent("phase", t_ns=self.now_ns(), name="modules")
        elif verb == "op":
            self.ops.append((int(pairs["inst"]), pairs["name"]))
        elif verb == "plug" and self.has("plug"):
            self.step("plug", self.plug, 0.02)
        elif verb == "go" and self.has("setup"):
            self.duration = int(pairs["duration_ms"]) / 1000
            self.step("setup", self.setup, 0.05)
        elif verb == "stop" and self.has("stop") and not self.over:
            self.step("stop", lambda: self.finish("stop"), 0.02)
        elif verb == "poweroff" and self.has("poweroff"):
            self.step("poweroff", self.power_off, 0.02)
        self.fire(verb)

    def plug(self):
        self.agent("phase", t_ns=self.now_ns(), name="plug")
        self.printk("pfnhunt: phase plug", 12)
        for name in self.devices:
            self.follow(name)
        self.after(0.02, self.memory)
        self.fire("plugged")

    def memory(self):
        plugged = sum(d[1] for d in self.devices.values())
        self.agent("mem", t_ns=self.now_ns(), total_kb=230000, blocks=1, online=1, partly=1,
                   offline_pages=31744, plugged_kb=plugged // 1024)

    def hammer(self, name):
        return name in ("block-state", "block-cancel", "driver-unbind", "null-hammer")

    def setup(self):
        self.agent("phase", t_ns=self.now_ns(), name="setup")
        self.fire("setup")
        for inst, name in self.ops:
            state, reason = self.script.states.get(inst, ("ready", ""))
            if state != "silent":
                self.agent("opstate", inst=inst, name=name, state=state, reason=reason)
        if self.has("run"):
            self.step("run", self.run, 0.02)

    def run(self):
        layer = "off" if self.probe == "off" else "kprobe"
        self.agent("probe", t_ns=self.now_ns(), layer=layer, on=int(layer != "off"), reason="",
                   setup_ns=1000)
        self.agent("phase", t_ns=self.now_ns(), name="run")
        self.printk("pfnhunt: phase run", 12)
        self.went = time.monotonic()
        self.fire("run")
        self.after(0.25, self.counting)
        if self.has("end"):
            length = self.script.values["duration"]
            self.after(self.duration if length is None else length,
                       lambda: self.finish("duration"))

    def counting(self):
        if not self.over:
            self.counts()
            self.memory()
            self.after(0.5, self.counting)

    def counts(self):
        if not self.has("count"):
            return
        ran = self.ran()
        for inst, name in self.ops:
            if self.script.states.get(inst, ("ready",))[0] != "ready":
                continue
            fields = {"t_ns": self.now_ns(), "inst": inst, "name": name,
                      "steps": self.steps(inst)}
            if self.hammer(name):
                n = int(ran * self.script.values["offlines"])
                fields.update(offlines=n, offlines_ok=n, refused=0)
            fields.update(self.script.fields.get("count%d" % inst, {}))
            self.agent("count", **fields)
        if self.probe != "off":
            self.exposure(ran)

    def exposure(self, ran):
        n = int(ran * 40) + 1
        for window in ("offline", "dec"):
            if self.has("windows"):
                self.agent("window", t_ns=self.now_ns(), name=window, opened=n,
                           open_ns=n * 100000, longest_ns=200000, overlap=0, lost=0)
            if self.has("visits"):
                self.agent("visit", t_ns=self.now_ns(), walker="split-huge-pages",
                           func="split_huge_pages_all", window=window, visits=n * 50,
                           inside=n, offline=n, nearest_ns=0)

    def steps(self, inst):
        """The one that was told last for it is what the end-of-run line adds up."""
        given = self.script.fields.get("count%d" % inst, {}).get("steps")
        if given is not None:
            return int(given)
        return int(self.ran() * self.script.values["steps"])

    def ran(self):
        """Seconds of the run; at its end they stand, so that the last counts and the end agree."""
        return (self.ended or time.monotonic()) - self.went

    def finish(self, reason):
        if self.over:
            return
        self.fire("end")
        self.over = True
        self.agent("phase", t_ns=self.now_ns(), name="stop")
        ready = [i for i, _ in self.ops
                 if self.script.states.get(i, ("ready",))[0] == "ready"]
        steps = 0
        if self.went is not None:
            self.ended = time.monotonic()
            steps = sum(self.steps(i) for i in ready)
            self.counts()
        self.memory()
        self.agent("phase", t_ns=self.now_ns(), name="end")
        if self.has("done"):
            self.agent("done", t_ns=self.now_ns(), reason=reason, ops=len(ready), steps=steps,
                       kmsg_seq=self.seq)
        self.fire("done")

    def power_off(self):
        self.console("{[]}reboot: Power down")
        self.fire("off")
        self.after(0.01, self.off)

    def off(self):
        self.qmp_event("SHUTDOWN", guest=True, reason="guest-shutdown")
        self.qmp_event("STOP")

    # QMP

    def follow(self, name):
        """The guest's driver does what the device asks for, or what the script says instead."""
        device = self.devices[name]
        how = self.script.values["size"]
        if how == "follows":
            device[1] = device[0]
        elif how == "overshoots":
            device[1] = device[0] + (64 << 20)
        elif how == "once":
            device[1] = device[1] or device[0]
        self.qmp_event("MEMORY_DEVICE_SIZE_CHANGE", id=name, size=device[1],
                       **{"qom-path": "/machine/peripheral/" + name})

    def answer(self, line):
        try:
            message = json.loads(line)
        except ValueError:
            return
        command, tag = message.get("execute", ""), message.get("id")
        self.fire("qmp:" + command)
        how = self.script.replies.get(command)
        if how is None and command not in ("qmp_capabilities", "quit"):
            how = self.script.replies.get("*")
        words = how.split(" ", 1) if how else ["ok"]
        self.answered += 1
        if words[0] == "refuse":
            self.qmp({"error": {"class": "GenericError",
                                "desc": words[1] if len(words) > 1 else "no"}, "id": tag})
        elif words[0] == "silent":
            return
        elif words[0] == "garbage":
            self.channels["qmp"].send(b"!! garbage \xff\r\n")
        elif words[0] == "wrong-id":
            self.qmp({"return": self.result(command, message), "id": 7777777})
        elif words[0] == "no-id":
            self.qmp({"return": self.result(command, message)})
        elif words[0] == "twice":
            for _ in range(2):
                self.qmp({"return": self.result(command, message), "id": tag})
        elif words[0] == "late":
            self.after(float(words[1]), lambda: self.qmp(
                {"return": self.result(command, message), "id": tag}))
        elif words[0] == "return":
            self.qmp({"return": json.loads(words[1]), "id": tag})
        elif words[0] == "raw":
            self.channels["qmp"].send(words[1].encode().replace(b"{id}", str(tag).encode())
                                      + b"\r\n")
        elif words[0] in ("swap", "huge"):
            self.memory_file(words, message["arguments"]["filename"])
            self.qmp({"return": {}, "id": tag})
        elif words[0] == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            result = self.result(command, message)
            if result is None:
                self.qmp({"error": {"class": "CommandNotFound",
                                    "desc": "The command %s has not been found" % command},
                          "id": tag})
            else:
                self.qmp({"return": result, "id": tag})
        if command == "quit" and words[0] == "ok":
            self.leave(0)

    def result(self, command, message):
        arguments = message.get("arguments", {})
        if command == "query-memory-devices":
            return [{"type": "virtio-mem", "data": {
                "id": n, "memaddr": 4294967296, "requested-size": d[0], "size": d[1],
                "max-size": 2147483648, "block-size": 4194304, "node": 0,
                "memdev": "/objects/%s-ram" % n}} for n, d in self.devices.items()]
        if command == "qom-set" and arguments.get("property") == "requested-size":
            name = arguments["path"].rsplit("/", 1)[1]
            if name in self.devices:
                self.devices[name][0] = arguments["value"]
                self.after(0.02, lambda: self.follow(name))
        elif command == "query-cpus-fast":
            return [{"cpu-index": i, "thread-id": os.getpid(), "qom-path": "/machine/x"}
                    for i in range(2)]
        elif command == "query-status":
            return {"status": "running", "running": True, "singlestep": False}
        elif command == "inject-nmi":
            self.after(0.05, self.nmi)
        elif command == "device_del":
            self.after(0.1, lambda: self.qmp_event("DEVICE_DELETED", device=arguments["id"],
                                                   path="/machine/peripheral/" + arguments["id"]))
        elif command == "pmemsave":
            with open(arguments["filename"], "r+b") as file:
                file.truncate(arguments["size"])
        elif command not in ("qmp_capabilities", "quit", "stop", "cont", "balloon", "object-add",
                             "object-del", "device_add", "qom-set"):
            return None
        return {}

    @staticmethod
    def memory_file(words, name):
        """Guest memory that is not what was asked for: a link, or far too much of it."""
        if words[0] == "huge":
            os.truncate(name, 6 << 30)
        else:
            os.unlink(name)
            os.symlink(os.path.join(os.path.dirname(os.environ["TRUST_SCRIPT"]), words[1]), name)

    def nmi(self):
        if not self.has("nmi"):
            return
        for text in ("Uhhuh. NMI received for unknown reason 30 on CPU 0.",
                     "Kernel panic - not syncing: NMI: Not continuing",
                     "CPU: 0 PID: 71 Comm: pfnhunt-op Not tainted 6.1.0-trust #1",
                     "Call Trace:", " <NMI>", " dump_stack_lvl+0x44/0x5c",
                     " panic+0x118/0x2ed", " nmi_panic.cold+0xc/0xc", " </NMI>", " <TASK>",
                     " offline_pages+0x33a/0x3f0", " memory_subsys_offline+0x12a/0x1d0",
                     " </TASK>"):
            self.console("{[]}" + text)
        self.qmp_event("GUEST_PANICKED", action="run")

    def leave(self, code):
        for channel in self.channels.values():
            if not channel.closed:
                os.set_blocking(channel.fd, True)
                try:
                    if not self.floods:
                        channel.flush()
                except OSError:
                    pass
        os._exit(code)

    # The loop

    def receive(self, fd):
        try:
            data = os.read(fd, 1 << 16)
        except (BlockingIOError, ConnectionResetError):
            return
        if not data:
            self.selector.unregister(fd)
            return
        *lines, self.partial[fd] = (self.partial[fd] + data).split(b"\n")
        for line in filter(None, lines):
            text = line.decode("utf-8", "replace").strip()
            if fd == QMP and "qmp" not in self.deaf:
                self.answer(text)
            elif fd == AGENT and "host" not in self.deaf:
                self.host_line(text)

    def feed_floods(self):
        for name, data in list(self.floods.items()):
            channel = self.channels[name]
            if len(channel.queue) < 1 << 18:
                number = str(self.number).encode()
                line = self.fill(data.decode("latin-1")).encode("latin-1") + b"\n"
                if data.endswith(b"\0"):
                    line = data[:-1]
                channel.send(line.replace(b"{n}", number) * max(1, (1 << 16) // len(line)))
                self.number += 1

    def loop(self):
        for fd in (QMP, AGENT):
            self.selector.register(fd, selectors.EVENT_READ)
        self.step("power-on", self.power_on)
        while True:
            now = time.monotonic()
            while self.timers and self.timers[0][0] <= now:
                heapq.heappop(self.timers)[2]()
            self.feed_floods()
            waiting = self.floods or any(c.queue for c in self.channels.values())
            wait = self.timers[0][0] - time.monotonic() if self.timers else 1.0
            for key, _ in self.selector.select(max(0.0, min(wait, 0.005 if waiting else 1.0))):
                self.receive(key.fd)
            for channel in self.channels.values():
                channel.flush()


def my_lines():
    """The script's lines for this boot: "boot N: LINE" is for the Nth alone."""
    path = os.environ["TRUST_SCRIPT"]
    with open(path + ".boots", "ab+") as count:
        count.write(b"%d\n" % os.getpid())
        count.flush()
        count.seek(0)
        boot = len(count.read().split()) - 1
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            match = re.match(r"boot (\d+)(\+?): (.*)", line)
            if not match:
                yield line
            elif boot == int(match[1]) or (match[2] and boot > int(match[1])):
                yield match[3]


if __name__ == "__main__":
    try:
        Machine(Script(my_lines()), sys.argv).loop()
    except Exception as error:  # a script that is wrong must not look like a verdict
        with open(os.environ["TRUST_SCRIPT"] + ".error", "w", encoding="utf-8") as out:
            out.write("%s: %s\n" % (type(error).__name__, error))
        raise
