"""No TODO without the issue or decision note that says when it ends."""

import re

_MARK = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
_NOTE = re.compile(r"issue #?\d+|#\d+|docs/decisions/\d{4}|\bdecision \d{4}", re.IGNORECASE)


def check(tree):
    faults = []
    for path, text in tree.files.items():
        if path.endswith(".md") or path.startswith("tests/tidy/"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if _MARK.search(line) and not _NOTE.search(line):
                faults.append(f"{path}:{number}: a TODO that names neither an issue nor a decision note")
    return faults
