#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every output for machines, read by a reader that others wrote: junitparser and xmllint for
JUnit, prove for KTAP, jsonschema for the JSON lines, prometheus_client for the textfile, sqlite3
for the index. Speaks TAP."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

EXE = os.environ["PFNHUNT_EXE"]
DOCS = os.environ["PFNHUNT_DOCS"]
FAMILIES = ["fake-offline", "plug", "cancel", "vmemmap-write", "memmap-removal", "silent",
            "other", "machine"]
HUNTS = ["20261120-100000-quick-6.12", "20261121-100000-quick-7.3"]


class Skip(Exception):
    """The reader is not installed."""


def run(*argv, code=0):
    done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
    assert done.returncode == code, (argv, done.returncode, done.stderr)
    return done.stdout


def report(root, kind):
    path = os.path.join(root, "out." + kind)
    run(EXE, "report", "--results", root, "-f", kind, "-o", path, *HUNTS)
    return path


def need(program):
    if not shutil.which(program):
        raise Skip(program)


def test_junit(root):
    try:
        import junitparser
    except ImportError as error:
        raise Skip("python3-junitparser") from error
    path = report(root, "junit")
    suites = list(junitparser.JUnitXml.fromfile(path))
    assert [s.name for s in suites] == ["quick:6.12.95+deb12-amd64",
                                        "quick:7.3.4+deb13-amd64"], [s.name for s in suites]
    for suite in suites:
        cases = list(suite)
        assert [c.name for c in cases] == FAMILIES
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (8, 1, 0, 5)
        skipped = [c.name for c in cases if c.is_skipped]
        assert skipped == FAMILIES[1:6], skipped
        failed = [c for c in cases if c.result and not c.is_skipped]
        assert [c.name for c in failed] == ["fake-offline"]
        assert failed[0].result[0].message.startswith("WARNING in ")
        assert "signature: warning:" in failed[0].result[0].text
        properties = {p.name: p.value for p in suite.properties()}
        assert properties["seed"] == "0x00000000000000aa"
        assert properties["command"].startswith("pfnhunt run quick --kernel 6.12 --seed 0x0")
    text = suites[1].__iter__().__next__().result[0].text
    assert "<script>" in text and "\x1b" not in text and "\u202e" not in text


def test_xmllint(root):
    need("xmllint")
    path = report(root, "junit")
    run("xmllint", "--noout", "--nonet", path)
    names = run("xmllint", "--xpath", "//testcase[failure]/@name", path).decode()
    assert names.count("fake-offline") == 2, names


def test_ktap(root):
    need("prove")
    path = report(root, "ktap")
    done = subprocess.run(["prove", "-v", "--exec", "cat", path], capture_output=True, check=False,
                          timeout=60)
    said = done.stdout.decode()
    assert done.returncode == 1, said
    assert "Failed 2/16 subtests" in said, said
    assert "Failed tests:  1, 9" in said, said
    assert "Parse errors" not in said, said
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    assert lines[0] == "KTAP version 1"
    names = [line.split(" # ")[0].split(" ")[-1] for line in lines if line.startswith(("ok", "not"))]
    assert len(names) == len(set(names)) == 16


def check_objects(text):
    try:
        import jsonschema
    except ImportError as error:
        raise Skip("python3-jsonschema") from error
    with open(os.path.join(DOCS, "json-schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    objects = [json.loads(line) for line in text.decode().split("\n")[:-1]]
    for item in objects:
        jsonschema.validate(item, schema, cls=jsonschema.Draft7Validator)
    return objects


def test_jsonl(root):
    with open(report(root, "jsonl"), "rb") as file:
        objects = check_objects(file.read())
    assert [o["type"] for o in objects] == ["hunt", "boot", "boot", "boot"] * 2
    assert objects[0]["chance_95"] and "damon visits inside" in objects[0]["claim"]
    assert [w["window"] for w in objects[1]["exposure"]["windows"]] == ["offline", "dec"]
    assert objects[1]["last_actions"][0]["block"] == 32
    assert objects[1]["incidents"][0]["splats"][0]["t_us"] == 3615000
    # A schema that lets everything pass would be no check.
    import jsonschema
    try:
        check_objects(b'{"schema":2,"type":"boot","hunt":3}\n')
    except jsonschema.ValidationError:
        return
    raise AssertionError("the schema takes anything")


def test_json_option(root):
    kinds = {
        ("list",): ["hunt", "hunt"],
        ("incidents",): ["signature", "signature"],
        ("show", HUNTS[0]): ["hunt", "boot", "boot", "boot"],
        ("show", HUNTS[0] + "/0"): ["boot"],
        ("compare", *HUNTS): ["comparison"],
        ("exposure",): ["exposure"] * 6,
        ("exposure", HUNTS[0]): ["exposure"] * 3,
        ("rebuild",): ["rebuild"],
        ("merge", root): ["merge"],
    }
    for verb, types in kinds.items():
        objects = check_objects(run(EXE, "results", "-o", root, "--json", *verb))
        assert [o["type"] for o in objects] == types, verb


def test_prometheus(root):
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError as error:
        raise Skip("python3-prometheus-client") from error
    with open(report(root, "prometheus"), encoding="utf-8") as file:
        families = {f.name: f for f in text_string_to_metric_families(file.read())}
    boots = {(s.labels["hunt"], s.labels["verdict"]): s.value
             for s in families["pfnhunt_boots"].samples}
    assert boots[(HUNTS[0], "clean")] == 2 and boots[(HUNTS[1], "incident")] == 2
    inside = {(s.labels["walker"], s.labels["window"]): s.value
              for s in families["pfnhunt_visits_inside"].samples if s.labels["hunt"] == HUNTS[0]}
    assert inside[("damon", "dec")] == 90 and inside[("compaction", "dec")] == 0
    signatures = {s.labels["signature"] for s in families["pfnhunt_incident_boots"].samples}
    assert "warning:hostile:<x>&" in signatures
    assert all(f.documentation and f.type == "gauge" for f in families.values())


def test_index(root):
    need("sqlite3")
    path = os.path.join(root, "pfnhunt.db")
    assert run("sqlite3", path, "PRAGMA integrity_check").decode() == "ok\n"
    assert run("sqlite3", path, "PRAGMA foreign_key_check").decode() == ""
    assert run("sqlite3", path, "SELECT count(*) FROM boots").decode() == "6\n"


def check_options(command):
    """The options of `pfnhunt run` in a sample are options that there are."""
    known = run(EXE, "run", "--help").decode()
    for word in re.findall(r"--[a-z-]+", command.split(" run ", 1)[1]):
        assert word in known, word


def check_cluster_samples(yaml, samples, known):
    with open(os.path.join(samples, "gitlab-parallel.yml"), encoding="utf-8") as file:
        jobs = yaml.safe_load(file)
    shard, merge = jobs["pfnhunt-shard"], jobs["pfnhunt-merge"]
    assert shard["parallel"] > 1 and shard["artifacts"]["paths"] == ["shards"]
    assert jobs["stages"].index(shard["stage"]) < jobs["stages"].index(merge["stage"])
    assert len(shard["script"]) == 1
    check_options(shard["script"][0])
    for line in merge["script"]:
        assert "\n  " + line.split()[1] + " " in known, line
    with open(os.path.join(samples, "kubernetes-job.yaml"), encoding="utf-8") as file:
        job = yaml.safe_load(file)
    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    spec = job["spec"]
    assert spec["completionMode"] == "Indexed"
    pod = spec["template"]["spec"]
    container, = pod["containers"]
    assert "\n" not in container["args"][0].strip()
    assert f"+ 1))/{spec['completions']}\"" in container["args"][0]
    check_options(container["args"][0])
    subprocess.run(["sh", "-n", "-c", container["args"][0]], check=True)
    assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in pod["volumes"]}
    slurm = os.path.join(samples, "slurm-array.sh")
    subprocess.run(["sh", "-n", slurm], check=True)


def test_ci_samples(root):
    try:
        import yaml
    except ImportError as error:
        raise Skip("python3-yaml") from error
    samples = os.path.join(DOCS, "ci-samples")
    with open(os.path.join(samples, "gitlab-ci.yml"), encoding="utf-8") as file:
        job = yaml.safe_load(file)["pfnhunt-nightly"]
    assert job["script"] and job["artifacts"]["reports"]["junit"]
    with open(os.path.join(samples, "github-workflow.yml"), encoding="utf-8") as file:
        flow = yaml.safe_load(file)
    steps = flow["jobs"]["nightly"]["steps"]
    assert all("run" in step or "uses" in step for step in steps)
    # What the jobs call exists.
    words = [line for step in steps for line in step.get("run", "").split("\n")] + job["script"]
    known = run(EXE, "--help").decode()
    for line in words:
        if line.startswith("./hunt "):
            assert "\n  " + line.split()[1] + " " in known, line
    check_cluster_samples(yaml, samples, known)
    units = [os.path.join(samples, name) for name in ("pfnhunt-nightly.service",
                                                      "pfnhunt-nightly.timer")]
    need("systemd-analyze")
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True,
                          check=False, timeout=60).stderr.decode()
    wrong = [line for line in said.split("\n") if "pfnhunt-nightly" in line
             and "is not executable" not in line]
    assert not wrong, wrong


def main():
    tests = [test_junit, test_xmllint, test_ktap, test_jsonl, test_json_option, test_prometheus,
             test_index, test_ci_samples]
    root = tempfile.mkdtemp(prefix="pfnhunt-readers-")
    failed = 0
    try:
        run(os.environ["MAKE_RESULTS"], root)
        run(EXE, "results", "-o", root, "rebuild")
        print(f"1..{len(tests)}")
        for number, test in enumerate(tests, 1):
            name = test.__name__[5:]
            try:
                test(root)
                print(f"ok {number} {name}")
            except Skip as reason:
                print(f"ok {number} {name} # SKIP no {reason}")
            except Exception as error:  # a reader may raise whatever it likes
                failed += 1
                for line in repr(error).split("\n"):
                    print(f"# {line}")
                print(f"not ok {number} {name}")
    finally:
        shutil.rmtree(root)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
