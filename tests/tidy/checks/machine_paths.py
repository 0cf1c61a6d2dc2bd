"""The tree names no path of somebody's machine and no package registry's host: it builds wherever it is cloned."""

import re

from tree import line_of

_PATH = re.compile(r"(?<![\w.*>})\]-])/(?:work|root|tmp|home|Users|mnt|media)/[\w.-]")
_HOST = re.compile(
    r"\b(?:registry\.(?:npmjs|yarnpkg)\.\w+|(?:deb|ftp|archive|security|snapshot)\.(?:debian|ubuntu)\.\w+"
    r"|(?:files\.)?pythonhosted\.\w+|pypi\.(?:org|python\.org)|proxy\.golang\.\w+|(?:static\.|index\.)?crates\.io"
    r"|repo1?\.maven\.\w+|rubygems\.org|[\w.-]*(?:artifactory|nexus)[\w.-]*\.\w+)\b",
    re.IGNORECASE,
)


def check(tree):
    faults = []
    for path, text in tree.files.items():
        if path == "LICENSE" or path.startswith("tests/tidy/"):
            continue
        for match in _PATH.finditer(text):
            faults.append(f"{path}:{line_of(text, match.start())}: a machine's path: {match.group()}…")
        for match in _HOST.finditer(text):
            faults.append(f"{path}:{line_of(text, match.start())}: a registry's host: {match.group()}")
    return faults
