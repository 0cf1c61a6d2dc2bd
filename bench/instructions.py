#!/usr/bin/env python3
"""Counts the instructions of a dispatch with callgrind and holds them against a ceiling.

    bench/instructions.py PROGRAM [--at-most N]

The processor's time differs from machine to machine and from minute to minute; this number hardly does. Hashing is left
out: under valgrind OpenSSL does without the processor's instructions for SHA-256, which makes it tenfold as long.
Start-up is within the number: about one in a hundred.
"""
import argparse
import collections
import pathlib
import subprocess
import sys
import tempfile

CALLS = 6 * 100 * 32  # of `bench cpu --quick`: one warm-up and five runs of so many batches of 32


def exclusive_by_object(profile):
    """Instructions by shared object: the format is in Valgrind's manual, "Callgrind Format Specification"."""
    names, counts = {}, collections.Counter()
    current, after_calls = "", False
    for line in profile.read_text().splitlines():
        if line.startswith("ob="):
            number, _, name = line[3:].partition(" ")
            if name:
                names[number] = name
            current = names[number]
        elif line.startswith("cob="):
            number, _, name = line[4:].partition(" ")
            if name:
                names[number] = name
        elif line.startswith("calls="):
            after_calls = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            cost = line.split()[1:]  # costs that are nought may be left out
            if cost and not after_calls:
                counts[current] += int(cost[0])
            after_calls = False
    return counts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--at-most", type=int)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder) / "profile"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "--quiet",
                   arguments.program, "bench", "cpu", "--quick", "--json"]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except FileNotFoundError:
            sys.exit("valgrind is not installed: scripts/install-deps installs it")
        counts = exclusive_by_object(profile)
    hashing = sum(count for name, count in counts.items() if "libcrypto" in name)
    per_call = (sum(counts.values()) - hashing) // CALLS
    print(f"{per_call} instructions per dispatch, and {hashing // CALLS} of hashing without the processor's help")
    if arguments.at_most is not None and per_call > arguments.at_most:
        sys.exit(f"more than {arguments.at_most}: find what was added, or say in the ceiling's commit why it is worth it")


if __name__ == "__main__":
    main()
