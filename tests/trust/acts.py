# SPDX-License-Identifier: GPL-2.0-or-later
"""What a row can do to the machine of scripted_qemu.py at an instant: `at run+0.5 kill STOP`
calls do_kill("STOP"). Mixed into its Machine."""

import os
import signal


def unescape(text):
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


class Acts:
    def act(self, words, period):
        name, _, rest = words.partition(" ")
        getattr(self, "do_" + name.replace("-", "_"))(rest)
        if period is not None:
            self.after(period, lambda: self.act(words, period))

    def do_agent(self, rest):
        text = unescape(self.fill(rest))
        self.channels["agent"].send(text + b"\n")

    def do_raw(self, rest):
        channel, _, text = rest.partition(" ")
        self.channels[channel].send(unescape(self.fill(text)))

    def do_event(self, rest):
        self.do_agent("event t_ns={now} name=" + rest)

    def do_console(self, rest):
        self.console(rest)

    def do_printk(self, rest):
        self.printk(rest, 4)

    def do_kmsg(self, rest):
        self.kmsg(rest, 4)

    def do_splat(self, rest):
        """A WARN (the first word: its function) on the console, and to kmsg where there is one."""
        where, _, title = rest.partition(" ")
        file = title or "mm/page_alloc.c:1234"
        for text in ("------------[ cut here ]------------",
                     "WARNING: CPU: 1 PID: 77 at %s %s+0x1a/0x40" % (file, where),
                     "Modules linked in: virtio_mem virtio_console",
                     "CPU: 1 PID: 77 Comm: pfnhunt-op Not tainted 6.1.0-trust #1",
                     "Hardware name: QEMU Standard PC (Q35 + ICH9, 2009)",
                     "RIP: 0010:%s+0x1a/0x40" % where,
                     "Call Trace:", " <TASK>", " %s_caller+0x12/0x30" % where,
                     " do_syscall_64+0x5b/0xc0", " entry_SYSCALL_64_after_hwframe+0x64/0xce",
                     " </TASK>", "---[ end trace 0000000000000000 ]---"):
            self.printk(text, 4)

    def do_panic(self, rest):
        for text in ("Kernel panic - not syncing: " + rest,
                     "CPU: 1 PID: 77 Comm: pfnhunt-op Not tainted 6.1.0-trust #1",
                     "Call Trace:", " <TASK>", " panic+0x118/0x2ed", " </TASK>",
                     "---[ end Kernel panic - not syncing: %s ]---" % rest):
            self.console("{[]}" + text)
        self.channels["agent"].mute = True
        self.qmp_event("GUEST_PANICKED", action="run")

    def do_log(self, rest):
        """A file of the source's tests/splats on the console, as a guest would print it."""
        with open(os.path.join(os.environ["TRUST_SPLATS"], rest), "rb") as file:
            self.channels["console"].send(file.read().replace(b"\n", b"\r\n"))

    def do_qmp(self, rest):
        self.channels["qmp"].send(self.fill(rest).encode() + b"\r\n")

    def do_output(self, rest):
        self.channels["output"].send(unescape(rest) + b"\n")

    def do_silence(self, rest):
        for name in rest.split():
            if name in self.channels:
                self.channels[name].mute = True
            else:
                self.deaf.add(name)

    def do_close(self, rest):
        for name in rest.split():
            channel = self.channels[name]
            channel.closed = True
            try:
                self.selector.unregister(channel.fd)
            except KeyError:
                pass
            os.close(channel.fd)

    def do_kill(self, rest):
        os.kill(os.getpid(), getattr(signal, "SIG" + rest))

    def do_kill_host(self, rest):
        os.kill(os.getppid(), getattr(signal, "SIG" + rest))

    def do_exit(self, rest):
        self.leave(int(rest))

    def do_done(self, rest):
        fields = dict(p.split("=", 1) for p in rest.split())
        self.agent("done", **{"t_ns": self.now_ns(), "kmsg_seq": self.seq, **fields})

    def do_finish(self, rest):
        self.finish(rest or "duration")

    def do_hello(self, rest):
        self.hello()

    def do_jump(self, rest):
        self.jump += float(rest)

    def do_set(self, rest):
        self.script.read("set " + rest)

    def do_without(self, rest):
        self.script.read("without " + rest)

    def do_fields(self, rest):
        self.script.read("fields " + rest)

    def do_reply(self, rest):
        self.script.read("qmp " + rest)

    def do_resize(self, rest):
        name, size = rest.split()
        self.devices[name][1] = int(size)

    def do_reset(self, rest):
        self.qmp_event("SHUTDOWN", guest=True, reason="guest-reset")
        for channel in ("agent", "console"):
            self.channels[channel].mute = True

    def do_flood(self, rest):
        """CHANNEL TEXT: as fast as it is read, until the end; or with {n}, each with a number."""
        channel, _, text = rest.partition(" ")
        data = unescape(text)
        self.floods[channel] = data

    def do_flood_bare(self, rest):
        channel, _, text = rest.partition(" ")
        self.floods[channel] = text.encode() + b"\0"

    def do_deep(self, rest):
        self.channels[rest].send(b"[" * 100000 + b"]" * 100000 + b"\r\n")

    def do_long(self, rest):
        channel, size = rest.split()
        self.channels[channel].send(b"log text=" + b"A" * int(size) + b"\n")

    def do_calm(self, rest):
        for name in rest.split():
            self.floods.pop(name, None)
