#!/usr/bin/env python3
"""Style as tests: `tidy.py CHECK…` prints what it found and exits 1; without a name, every check runs.

`tidy.py --list` names them, `--update` writes down in sizes.txt what has shrunk (never what has grown).
"""

import argparse
import importlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from checks import sizes  # noqa: E402
from tree import Tree  # noqa: E402

CHECKS = sorted(path.stem for path in (HERE / "checks").glob("*.py") if path.stem != "__init__")


def run(name, root, tree):
    module = importlib.import_module(f"checks.{name}")
    faults = module.check_on_disk(root, tree) if hasattr(module, "check_on_disk") else module.check(tree)
    for fault in faults:
        print(f"{name}: {fault}")
    if faults:
        print(f"  ({module.__doc__.strip().splitlines()[0]})")
    return not faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checks", nargs="*", metavar="CHECK")
    parser.add_argument("--root", type=pathlib.Path, default=HERE.parent.parent)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--grow", action="store_true", help="with --update: take in new exceptions too; say why in the commit")
    options = parser.parse_args()
    unknown = set(options.checks) - set(CHECKS)
    if unknown:
        parser.error(f"no check {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    if options.list:
        print("\n".join(CHECKS))
        return 0
    tree = Tree.from_disk(options.root)
    if options.update:
        entries = sizes.measure(tree) if options.grow else sizes.shrunk(tree)
        (options.root / sizes.RATCHET).write_text(sizes.render_ratchet(entries), encoding="utf-8")
        return 0
    results = [run(name, options.root, tree) for name in options.checks or CHECKS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
