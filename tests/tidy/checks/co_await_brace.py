"""g++ 12.2 destroys twice what is built by braces inside a `co_await` expression: no `{` there, name the object first.

Also finds `({ … co_await … })`, which crashes that compiler, and braces in the arguments of a macro that awaits.
"""

import re

from tree import blank_literals, line_of, matching

_MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)\(((?:\\\n|[^\n])*)", re.MULTILINE)
_ADVICE = "name the object on a line of its own first (g++ 12.2 destroys it twice)"


def end_of_expression(text, start):
    """Where the full expression that starts at `start` ends: before `;`, `,` or a bracket that closes around it."""
    at = start
    while at < len(text):
        if text[at] in ";,)]}":
            return at
        at = matching(text, at) + 1 if text[at] in "([{" else at + 1
    return len(text)


def first_brace(text, start, end):
    at = text.find("{", start, end)
    return None if at < 0 else at


def check(tree):
    awaiting = set()
    for path in tree.code():
        without_literals = blank_literals(tree.files[path])
        awaiting.update(name for name, body in _MACRO.findall(without_literals) if re.search(r"\bco_await\b", body))
    # LUMENFLOW_X(…) whose expansion awaits, directly or by way of another such macro.
    invocation = re.compile(r"\b(?:" + "|".join(sorted(awaiting)) + r")\s*\(") if awaiting else None

    faults = []
    for path in tree.code():
        text = tree.plain(path)
        for match in re.finditer(r"\bco_await\b", text):
            brace = first_brace(text, match.end(), end_of_expression(text, match.end()))
            if brace is not None:
                faults.append(f"{path}:{line_of(text, brace)}: '{{' in a co_await expression; {_ADVICE}")
        for match in invocation.finditer(text) if invocation else []:
            brace = first_brace(text, match.end(), matching(text, match.end() - 1))
            if brace is not None:
                faults.append(f"{path}:{line_of(text, brace)}: '{{' in the arguments of an awaiting macro; {_ADVICE}")
        for match in re.finditer(r"\(\s*\{", text):
            if re.search(r"\bco_await\b", text[match.start():matching(text, match.end() - 1)]):
                faults.append(f"{path}:{line_of(text, match.start())}: a statement expression that awaits crashes g++ 12.2")
    return faults
