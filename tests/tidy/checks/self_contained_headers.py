"""Read a header and need nothing else: each one compiles alone, with warnings as errors."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

COMPILER = os.environ.get("LUMENFLOW_CXX", "g++")
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++",
         *(f"-I{folder}" for folder in ("src", "include", "packs", "tests", ".")),
         *(f'-D{name}=""' for name in ("LUMENFLOW_SOURCE_DIR", "LUMENFLOW_VECTORS_DEFAULT"))]  # what lumenflow_test defines


def compile_alone(root, path):
    done = subprocess.run([COMPILER, *FLAGS, "-include", path, os.devnull], cwd=root, capture_output=True, text=True,
                          check=False)
    if done.returncode == 0:
        return []
    first = next((line for line in done.stderr.splitlines() if "error" in line), "it does not compile")
    return [f"{path} does not stand alone: {first}"]


def check_on_disk(root, tree):
    headers = [path for path in tree.code("src/", "include/", "packs/", "tests/") if path.endswith(".h")]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return [fault for faults in pool.map(lambda path: compile_alone(root, path), headers) for fault in faults]
