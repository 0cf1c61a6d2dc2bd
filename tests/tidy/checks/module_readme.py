"""Open a folder and know what lives there: every module says so in a README of 20 to 60 lines."""

import re

LINES_MIN, LINES_MAX = 20, 60
_DECLARED = re.compile(r"^\s*(?:lumenflow_(?:module|test|fuzz)|add_(?:library|executable))\(", re.MULTILINE)


def modules(tree):
    for path, text in tree.files.items():
        parts = path.split("/")
        if path.endswith("/CMakeLists.txt") and parts[0] in ("src", "packs", "bench", "fuzz", "sim"):
            if _DECLARED.search(text):
                yield path.rsplit("/", 1)[0]


def check(tree):
    faults = []
    for folder in modules(tree):
        readme = tree.files.get(f"{folder}/README.md")
        if readme is None:
            faults.append(f"{folder}: no README.md")
            continue
        lines = len(readme.splitlines())
        if not LINES_MIN <= lines <= LINES_MAX:
            faults.append(f"{folder}/README.md: {lines} lines, not {LINES_MIN} to {LINES_MAX}")
    return faults
