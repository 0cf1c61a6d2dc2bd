"""What is in an anonymous namespace has one name in its folder: sixteen files of a target are compiled as one.

Of what is tested and of tests apart. Functions of one name may differ in their parameters.
"""

import collections
import os
import re

from tree import line_of, matching

_NAMESPACE = re.compile(r"^namespace \{$", re.MULTILINE)
_TYPE = re.compile(r"^(?:class|struct|enum class|enum) (\w+)\b[^;]*?[:{]", re.MULTILINE)
_CONSTANT = re.compile(r"^(?:constexpr|const|constinit|thread_local|static)\b[^=({;]*?\b(\w+)(?:\[[^\]]*\])?\s*[={;(]", re.MULTILINE)
_FUNCTION = re.compile(r"^[A-Za-z][\w:<>,&* ]*[ &*](\w+)\(([^()]*)\)(?: const)?(?: noexcept)? \{", re.MULTILINE)


def types_of(parameters):
    """The parameters without their names and defaults."""
    types = []
    for parameter in parameters.split(","):
        words = re.sub(r"=.*", "", parameter).replace("&", " & ").replace("*", " * ").split()
        types.append(" ".join(words[:-1] if len(words) > 1 and re.fullmatch(r"\w+", words[-1]) else words))
    return ", ".join(types)


def names_in(text):
    """(what makes it unique, the name, where) of all that one file's anonymous namespaces declare."""
    for match in _NAMESPACE.finditer(text):
        brace = match.end() - 1
        begin, end = brace + 1, matching(text, brace)
        for found in _TYPE.finditer(text, begin, end):
            yield ("type", found[1]), found[1], found.start()
        for found in _CONSTANT.finditer(text, begin, end):
            yield ("constant", found[1]), found[1], found.start()
        for found in _FUNCTION.finditer(text, begin, end):
            yield ("function", found[1], types_of(found[2])), found[1], found.start()


def check(tree):
    found = collections.defaultdict(list)
    for path in tree.code("src/", "packs/", "tests/", "bench/"):
        if not path.endswith(".cc"):
            continue
        folder, name = os.path.split(path)
        is_test = name.endswith("_test.cc") or "/testing" in folder
        home = re.sub(r"/testing$", "", folder)
        text = tree.plain(path)
        for key, name, at in names_in(text):
            found[(home, is_test, key)].append((path, name, line_of(text, at)))
    faults = []
    for places in found.values():
        first = places[0]
        for path, name, line in places[1:]:
            if path != first[0]:
                faults.append(f"{path}:{line}: '{name}' is also in {first[0]}; give one of them a name of its own")
    return sorted(faults)
