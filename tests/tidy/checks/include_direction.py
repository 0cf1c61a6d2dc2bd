"""One direction of dependency (ARCHITECTURE.md): a module includes those below it, never above or beside."""

import re

# Top to bottom. Modules on one line do not include each other.
LINES = [
    ["cli"],
    ["mcp_server", "ag_ui"],
    ["sidecar", "conductor", "consumers", "conformance"],
    ["conductor_link", "local_page", "mounts", "page"],
    ["kernel", "uplink", "hosts", "notify"],
    ["pack", "http"],
    ["bus", "journal", "sdk"],
    ["log", "event", "catalogue", "mcp"],
    ["json", "sandbox"],
    ["base"],
]
LEVEL = {module: level for level, modules in enumerate(LINES) for module in modules}
CONDUCTOR_MAY = {"conductor", "notify", "http", "log", "event", "catalogue", "json", "base"}

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^">]+)[">]', re.MULTILINE)
_MODULE = re.compile(r"^\s*lumenflow_module\((\w+)([^)]*)\)", re.MULTILINE)


def why_not(module, other):
    """Why `module` may not use `other`; nothing when it may."""
    if other == module or other not in LEVEL:
        return None
    if module not in LEVEL:
        return f"module {module} is not in the table of tests/tidy/checks/include_direction.py"
    if module == "conductor" and other not in CONDUCTOR_MAY:
        return f"the conductor uses {other}; it may use {', '.join(sorted(CONDUCTOR_MAY - {'conductor'}))}"
    if LEVEL[other] < LEVEL[module]:
        return f"{module} uses {other}, which is above it"
    if LEVEL[other] == LEVEL[module]:
        return f"{module} uses {other}, which is beside it"
    return None


def why_not_include(path, included, packs):
    parts = path.split("/")
    first = included.split("/")[0]
    if parts[0] == "src" and len(parts) > 2:
        if first == "packs" and parts[1] != "cli":
            return f"{parts[1]} knows a pack by name ({included})"
        return why_not(parts[1], first)
    if parts[0] == "include" and first in LEVEL:
        return f"the public headers use src/{first}"
    if parts[0] == "packs" and len(parts) > 2:
        if first in LEVEL or included.startswith("../"):
            return f"a pack uses {included}; packs use include/lumenflow and their own folder only"
        other = included.split("/")[1] if first == "packs" and "/" in included else first
        if other in packs and other != parts[1]:
            return f"pack {parts[1]} uses pack {other}"
    return None


def check(tree):
    faults = []
    packs = {path.split("/")[1] for path in tree.files if path.startswith("packs/") and path.count("/") > 1}
    for path in tree.code("src/", "include/", "packs/"):
        text = tree.files[path]
        for match in _INCLUDE.finditer(text):
            reason = why_not_include(path, match.group(1), packs)
            if reason:
                faults.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {reason}")
    for path, text in tree.files.items():
        if not (path.startswith("src/") and path.endswith("CMakeLists.txt")):
            continue
        for module, body in _MODULE.findall(text):
            depends = re.search(r"\bDEPENDS\s+([\w\s]*)", body)
            for other in re.split(r"\s+", depends.group(1)) if depends else []:
                reason = why_not(module, other) if other.islower() else None
                if reason:
                    faults.append(f"{path}: {reason}")
    return faults
