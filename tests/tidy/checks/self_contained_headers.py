"""Read a header and need nothing else: each one compiles alone, with warnings as errors.

A header that its own source file includes before anything else stands alone wherever that file is compiled by itself, as the
preset tsan does; such headers are compiled here in the long run only (LUMENFLOW_EVERY_HEADER=1).
"""

import os
import pathlib
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

COMPILER = os.environ.get("LUMENFLOW_CXX", "g++")
FLAGS = ["-std=c++20", "-O0", "-Wall", "-Wextra", "-Werror", "-c",
         *(f"-I{folder}" for folder in ("src", "include", "packs", "tests", "."))]
SCRATCH = "build/tidy"  # of fixed name, so that ccache knows a header that it has seen


def compile_alone(root, path):
    source = pathlib.Path(SCRATCH, path.replace("/", "_") + ".cc")
    (root / source).write_text(f'#include "{path}"\n', encoding="utf-8")
    command = [*([ccache] if (ccache := shutil.which("ccache")) else []), COMPILER, *FLAGS, str(source), "-o",
               str(source.with_suffix(".o"))]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    first = next((line for line in done.stderr.splitlines() if "error" in line), "it does not compile")
    return [f"{path} does not stand alone: {first}"]


def stands_in_its_source(tree, path):
    """Whether the source file of the same name includes the header first."""
    source = tree.files.get(path.removesuffix(".h") + ".cc")
    first = re.search(r'^#include ["<]([^">]+)[">]', source, re.MULTILINE) if source else None
    return first is not None and path.endswith("/" + first.group(1))


def check_on_disk(root, tree):
    root = pathlib.Path(root)
    (root / SCRATCH).mkdir(parents=True, exist_ok=True)
    headers = [path for path in tree.code("src/", "include/", "packs/", "tests/") if path.endswith(".h")
               and (os.environ.get("LUMENFLOW_EVERY_HEADER") or not stands_in_its_source(tree, path))]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return [fault for faults in pool.map(lambda path: compile_alone(root, path), headers) for fault in faults]
