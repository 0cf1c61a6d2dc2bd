"""clang 14 does not compile the views of g++ 12's library: use an algorithm with a projection, or a loop."""

import re

from tree import line_of

_VIEWS = re.compile(r"\bviews::\w+|\branges::(?:subrange|unique)\b")


def check(tree):
    return [f"{path}:{line_of(tree.files[path], match.start())}: {match.group()}"
            for path in tree.code() for match in _VIEWS.finditer(tree.plain(path))]
