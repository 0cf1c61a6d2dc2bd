"""Sizes to feel uneasy about (CONTRIBUTING.md), as a ratchet: sizes.txt holds the exceptions, which may only shrink."""

import re

from tree import line_of, matching

LINE_MAX = 120
FUNCTION_MAX = 70
GENERATED = "// Generated from "
HEADER_MAX, SOURCE_MAX, TEST_MAX = 250, 500, 800

RATCHET = "tests/tidy/sizes.txt"


def file_max(path):
    if path.endswith("_test.cc") or path.startswith("tests/"):
        return TEST_MAX
    return HEADER_MAX if path.endswith(".h") else SOURCE_MAX


_NOT_A_FUNCTION = re.compile(r"^\s*(?:template\s*<[^{]*>\s*)?(?:(?:namespace|class|struct|union|enum)\b[^()]*|extern\s*)$")
_BEFORE = re.compile(r"\s*(?:(?:public|private|protected)\s*:\s*)*")
_NAME = re.compile(r"([~\w:]+|operator\s*\S+)\s*\(")


def functions(text):
    """(name, first line, lines) of every function body in blanked C++ text; lambdas belong to what holds them."""
    found, at, start = [], 0, 0
    while at < len(text):
        char = text[at]
        if char in ";}":
            start = at + 1
        elif char == "(" or char == "[":
            at = matching(text, at)
        elif char == "{":
            head = text[start:at]
            bare = re.sub(r"\([^{};]*\)|\b(?:public|private|protected)\s*:", "", head)
            if "(" in head and not _NOT_A_FUNCTION.match(bare) and not bare.rstrip().endswith("="):
                end = matching(text, at)
                if head.lstrip().startswith(",") and found:  # A() : b_{1}, c_(2) {
                    name, first, _ = found.pop()
                else:
                    name, first = name_of(head), line_of(text, start + _BEFORE.match(head).end())
                found.append((name, first, line_of(text, end) - first + 1))
                at = end
            elif not _NOT_A_FUNCTION.match(bare):
                at = matching(text, at)  # an initialiser
            start = at + 1
        at += 1
    return found


def name_of(head):
    test = re.match(r"\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST)\s*\(([^)]*)\)", head)
    if test:
        return re.sub(r"\s*,\s*", ".", test.group(1).strip())
    name = _NAME.search(head)
    return name.group(1) if name else "?"


def measure(tree):
    """Everything over its limit: {(kind, where): size}."""
    over = {}
    for path in tree.code():
        lines = tree.files[path].split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        generated = lines[:1] and lines[0].startswith(GENERATED)  # nobody edits it: its length is its source's
        if len(lines) > file_max(path) and not generated:
            over[("file", path)] = len(lines)
        long_lines = sum(len(line) > LINE_MAX for line in lines)
        if long_lines:
            over[("long_lines", path)] = long_lines
        for name, _, size in functions(tree.plain(path)):
            if size > FUNCTION_MAX:
                key = ("function", f"{path}:{name}")
                over[key] = max(size, over.get(key, 0))
    return over


def parse_ratchet(text):
    allowed = {}
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line:
            kind, where, size = line.split()
            allowed[(kind, where)] = int(size)
    return allowed


def render_ratchet(over):
    head = ("# What is larger than its limit (tests/tidy/checks/sizes.py), and by how much it may be. Entries may only shrink\n"
            "# and go: split the file instead of adding one. `tests/tidy/tidy.py --update` writes down what has shrunk.\n"
            "# kind where size\n")
    return head + "".join(f"{kind} {where} {size}\n" for (kind, where), size in sorted(over.items()))


def check(tree):
    allowed = parse_ratchet(tree.files.get(RATCHET, ""))
    over = measure(tree)
    limits = {"long_lines": f"lines over {LINE_MAX} characters", "function": f"lines in a function, over {FUNCTION_MAX}"}
    faults = []
    for (kind, where), size in sorted(over.items()):
        if size > allowed.get((kind, where), 0):
            what = limits.get(kind) or f"lines, over {file_max(where)}"
            faults.append(f"{where}: {size} {what}")
    for (kind, where), size in sorted(allowed.items()):
        if over.get((kind, where), 0) < size:
            faults.append(f"{RATCHET}: '{kind} {where}' has shrunk below {size}: run tests/tidy/tidy.py --update")
    return faults


def shrunk(tree):
    """The ratchet with what has shrunk since; never with more than it held."""
    over = measure(tree)
    allowed = parse_ratchet(tree.files.get(RATCHET, ""))
    return {key: min(size, over[key]) for key, size in allowed.items() if key in over}
