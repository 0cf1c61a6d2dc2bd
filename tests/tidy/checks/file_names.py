"""Files are snake_case and the suffix tells the kind."""

import re

_SNAKE = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")
_FOREIGN = (".cpp", ".cxx", ".hpp", ".hxx", ".hh", ".c++", ".C")
_CHECKED = (".h", ".cc", ".py", ".ts") + _FOREIGN


def check(tree):
    faults = []
    for path in tree.files:
        name = path.rsplit("/", 1)[-1]
        if path.endswith(_FOREIGN):
            faults.append(f"{path}: C++ files end in .h and .cc")
        elif path.endswith(_CHECKED) and not _SNAKE.match(name):
            faults.append(f"{path}: not snake_case")
        elif path.endswith(".cc") and name.startswith("test_"):
            faults.append(f"{path}: a test is named for what it tests: {name[5:-3]}_test.cc")
    return faults
