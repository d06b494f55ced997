#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A walker is one file and one line, a report format one file and one row: both are added to a copy
of the source tree, it is built, and every place that lists walkers or formats must know them. The
walker is the one that docs/adding-an-op.md shows, under another name. TAP."""

import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.abspath(sys.argv[1])
SCRATCH = os.path.abspath(sys.argv[2])  # on the disk of the build: ccache is quickest there
WALKER = "guest-agent/walkers/buddyinfo.c"
FORMAT = "harness/report/csv.c"
TABLES = ["guest-agent/contract/op-table.h", "harness/report/formats.h"]

CSV = """// SPDX-License-Identifier: GPL-2.0-or-later
/* One line for each boot, for spreadsheets. */
#include "harness/report/formats.h"

char *report_csv(const GPtrArray *hunts)
{
	GString *out = g_string_new("hunt,boot,verdict\\n");

	for (guint i = 0; i < hunts->len; i++) {
		const RHunt *hunt = g_ptr_array_index(hunts, i);

		for (guint k = 0; k < hunt->boots->len; k++) {
			const RBoot *boot = g_ptr_array_index(hunt->boots, k);

			g_string_append_printf(out, "%s,%u,%s\\n", hunt->id, boot->number,
					       boot->verdict);
		}
	}
	return g_string_free(out, FALSE);
}
"""

SPLAT = """[    5.000000] BUG: unable to handle page fault for address: ffffea0004000000
[    5.000001] #PF: supervisor read access in kernel mode
[    5.000002] Oops: Oops: 0000 [#1] SMP NOPTI
[    5.000003] CPU: 1 UID: 0 PID: 150 Comm: cat Not tainted 7.3.4 #1
[    5.000004] RIP: 0010:pfn_to_online_page+0x41/0x80
[    5.000005] Call Trace:
[    5.000006]  <TASK>
[    5.000007]  buddyinfo_showblockcount_print+0x9b/0x170
[    5.000008]  walk_zones_in_node+0x7c/0xd0
[    5.000009]  vfs_read+0xb5/0x380
[    5.000010]  </TASK>
[    5.000011] ---[ end trace 0000000000000000 ]---
"""


def run(*command, cwd=SCRATCH, code=0, **more):
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=900, check=False, **more)
    if done.returncode != code:
        raise AssertionError("%s: exit %d\n%s" % (" ".join(command), done.returncode, done.stdout[-3000:]))
    return done.stdout


def read(path):
    with open(os.path.join(SCRATCH, path), encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(os.path.join(SCRATCH, path), "w", encoding="utf-8") as file:
        file.write(text)


def add_row(path, before, row):
    """One more row of a table, in front of another one."""
    lines = read(path).split("\n")
    place, = [i for i, line in enumerate(lines) if line.startswith("\tX(" + before)]
    write(path, "\n".join(lines[:place] + ["\tX(%s \\" % row] + lines[place:]))


def copy():
    shutil.rmtree(SCRATCH, ignore_errors=True)
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True,
                           text=True).stdout.split("\0")
    for name in filter(None, files):
        target = os.path.join(SCRATCH, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(os.path.join(ROOT, name), target, follow_symlinks=False)
    run("git", "init", "-q")
    run("git", "add", "-A")
    run("git", "-c", "user.name=t", "-c", "user.email=t", "commit", "-qm", "as it is")


def change():
    page = read("docs/adding-an-op.md")
    source = re.search(r"```c\n(.*?)```", page, re.S).group(1)
    write(WALKER, source.replace("pagetypeinfo", "buddyinfo"))
    add_row(TABLES[0], "kcore)", "buddyinfo)")
    write(FORMAT, CSV)
    add_row(TABLES[1], "prometheus,", 'csv, ".csv", "a line for each boot")')


def test_diff():
    run("git", "add", "-A")
    stat = run("git", "diff", "--cached", "--numstat").split("\n")[:-1]
    changed = {line.split("\t")[2]: tuple(map(int, line.split("\t")[:2])) for line in stat}
    assert sorted(changed) == sorted(TABLES + [WALKER, FORMAT]), changed
    assert all(changed[table] == (1, 0) for table in TABLES), changed


def test_formats():
    exe = SCRATCH + "/build/harness/pfnhunt"
    assert re.search(r"--format=FORMAT .*\bcsv\b", run(exe, "report", "--help"))
    assert re.search(r"^  csv +a line for each boot$", run(exe, "report", "--help"), re.M)
    assert re.search(r"there are .*\bcsv\b", run(exe, "report", "-f", "none", code=2))
    assert re.search(r"\bcsv\b", read("build/docs/pfnhunt.1"))
    assert re.search(r"--format \| -f\) words=\"[^\"]*\bcsv\b", read("build/docs/pfnhunt"))
    lines = run(exe, "report", "--results", "tests/unit/old-results", "-o", "out.csv", "last")
    assert lines == "" and read("out.csv").startswith("hunt,boot,verdict\n2026"), read("out.csv")
    os.unlink(os.path.join(SCRATCH, "out.csv"))


def test_formats_elsewhere():
    """What repeats the table would go stale."""
    names = re.findall(r"^\tX\((\w+), ", read(TABLES[1]), re.M)
    assert "csv" in names and len(names) == 6, names
    lines = [line for line in read("README.md").lower().split("\n") if "./hunt report" in line]
    assert lines and not any(name in line.replace("report.html", "") for line in lines
                             for name in names), lines


def test_walker():
    exe = SCRATCH + "/build/harness/pfnhunt"
    entry = run(exe, "list", "ops").split("\nbuddyinfo (walker)\n")[1].split("\n\n")[0]
    assert "counted at pfn_to_online_page" in entry, entry
    assert "in a stack buddyinfo_" in entry, entry
    assert re.search(r"buddyinfo.*pfn_to_online_page|pfn_to_online_page.*buddyinfo",
                     read("build/guest-agent/probe/visits.h")), "no exposure counted"
    write("splat.log", SPLAT)
    said = run(exe, "triage", "splat.log", code=1)
    os.unlink(os.path.join(SCRATCH, "splat.log"))
    assert re.search(r"walker: buddyinfo", said), said


def build():
    more = ["-Dbpf=disabled"] if not shutil.which("clang") else []
    run("meson", "setup", "build", *more)
    # Objects are those of the build beside it: ccache, when there is one, need not know the folder.
    run("ninja", "-C", "build", "harness/pfnhunt", "guest-agent/pfnhunt-agent", "docs/pfnhunt.1",
        "docs/pfnhunt", env={**os.environ, "CCACHE_NOHASHDIR": "1"})


def main():
    tests = [test_diff, build, test_formats, test_formats_elsewhere, test_walker]
    print("1..%d" % len(tests), flush=True)
    failed = 0
    try:
        copy()
        change()
        for number, test in enumerate(tests, 1):
            name = test.__name__.replace("test_", "")
            try:
                test()
                print("ok %d %s" % (number, name), flush=True)
            except Exception as error:  # each of them is told
                failed += 1
                print("# " + repr(error).replace("\\n", "\n# "))
                print("not ok %d %s" % (number, name), flush=True)
    finally:
        shutil.rmtree(SCRATCH, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
