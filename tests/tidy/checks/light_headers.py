"""Headers decide build time: the heavy libraries appear in .cc files only."""

import re

from tree import line_of

_HEAVY = re.compile(
    r'^[ \t]*#[ \t]*include[ \t]*[<"]((?:boost|prometheus|re2|spdlog|fmt|openssl|CLI|curl|sodium|jwt|rapidcheck)'
    r'(?:/[^">]*|\.h[^">]*)|sqlite3\.h|libfyaml\.h|regex|iostream)[">]',
    re.MULTILINE,
)


def check(tree):
    faults = []
    for path in tree.code("src/", "include/", "packs/"):
        if not path.endswith(".h"):
            continue
        for match in _HEAVY.finditer(tree.files[path]):
            faults.append(f"{path}:{line_of(tree.files[path], match.start())}: a header includes <{match.group(1)}>; "
                          "forward-declare, or keep it behind a .cc file")
    return faults
