"""Headers decide build time: the heavy libraries appear in .cc files only.

A header that only its own folder includes may use the narrow headers of such a library, never the whole of it.
"""

import re

from tree import line_of

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]', re.MULTILINE)
_HEAVY = re.compile(
    r"(?:boost|prometheus|re2|spdlog|fmt|openssl|CLI|curl|sodium|jwt|rapidcheck)(?:/.*|\.h.*)"
    r"|sqlite3\.h|libfyaml\.h|regex|iostream"
)
_WHOLE = re.compile(r"boost/(?:beast|json)(?:/.*|\.hpp)|boost/asio\.hpp|CLI/CLI\.hpp|prometheus/.*|rapidcheck\.h|regex|iostream")


def folder_of(path):
    return path.rsplit("/", 1)[0]


def shared_headers(tree):
    """Headers that another folder includes, named as in their #include lines; and all public ones."""
    names = set()
    for path in tree.code():
        for included in _INCLUDE.findall(tree.files[path]):
            if not folder_of(path).endswith(folder_of(included)):
                names.add(included)
    return names


def check(tree):
    faults = []
    shared = shared_headers(tree)
    for path in tree.code("src/", "include/", "packs/"):
        if not path.endswith(".h"):
            continue
        is_shared = path.startswith("include/") or path.split("/", 1)[1] in shared
        for match in _INCLUDE.finditer(tree.files[path]):
            if (_HEAVY if is_shared else _WHOLE).fullmatch(match.group(1)):
                faults.append(f"{path}:{line_of(tree.files[path], match.start())}: a header includes <{match.group(1)}>; "
                              "forward-declare, or keep it behind a .cc file")
    return faults
