#!/usr/bin/env python3
"""Runs `pack validate --strict` and `pack test` over packs in every format: conformance.py PROGRAM ID|FOLDER...

JUnit's report must be XML whose numbers add up, TAP's plan must be kept, and all three must tell of the same cases.
"""

import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def run(program, *arguments):
    done = subprocess.run([program, "pack", *arguments], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"pack {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def numbers_of_junit(text):
    suites = ElementTree.fromstring(text.encode("utf-8"))
    total = 0
    for suite in suites.findall("testsuite"):
        cases = suite.findall("testcase")
        failures = sum(case.find("failure") is not None for case in cases)
        if (len(cases), failures) != (int(suite.get("tests")), int(suite.get("failures"))):
            sys.exit(f"{suite.get('name')}: its numbers do not add up")
        total += len(cases)
    if total != int(suites.get("tests")):
        sys.exit("the suites' numbers do not add up")
    return total


def numbers_of_tap(text):
    lines = text.splitlines()
    if lines[0] != "TAP version 14" or not lines[1].startswith("1.."):
        sys.exit(f"no TAP: {lines[:2]}")
    tests = [line for line in lines if line.startswith(("ok ", "not ok "))]
    if [int(test.split(" ok ")[-1].removeprefix("ok ").split()[0]) for test in tests] != list(range(1, len(tests) + 1)):
        sys.exit("TAP's tests are not numbered in order")
    if lines[1] != f"1..{len(tests)}":
        sys.exit(f"TAP's plan {lines[1]} is not kept: {len(tests)} tests")
    return len(tests)


def main(program, *packs):
    for pack in packs:
        which = [pack] if "/" in pack else ["--id", pack]
        run(program, "validate", *which, "--strict")
        text = run(program, "test", *which)
        junit = numbers_of_junit(run(program, "test", *which, "--format", "junit"))
        tap = numbers_of_tap(run(program, "test", *which, "--format", "tap"))
        said = text.splitlines()[-1]
        if junit != tap or not said.startswith(f"{tap} ok, 0 failed"):
            sys.exit(f"{pack}: text says '{said}', JUnit {junit} cases, TAP {tap}")
        print(f"{pack}: {said}")


if __name__ == "__main__":
    main(*sys.argv[1:])
