#!/usr/bin/env python3
"""Builds the page and writes it down as C++: what CMake runs.

    build.py --out DIR --source FILE.cc --depfile FILE.d

DIR is shared by all presets: there the page is built by npm's packages and Vite, once for what is in the tree, and
compressed. FILE.cc takes the files in with .incbin. Without npm, its registry or a node that is new enough the page is one
file that says so, and the build goes on.
"""

import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SDK = ROOT / "sdk/typescript/conductor-sdk"
NODE_VERSION = (20, 19)
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2",
         ".webmanifest": "application/manifest+json", ".json": "application/json", ".txt": "text/plain; charset=utf-8"}


def inputs():
    """Everything that the page is made from. Its tests are not."""
    files = [HERE / name for name in ("build.py", "compress.mjs", "index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.ts")]
    for folder in (HERE / "src", HERE / "public"):
        files += [file for file in folder.rglob("*") if file.is_file() and ".test." not in file.name]
    files += [file for file in SDK.glob("*.ts") if not file.name.endswith("_test.ts")]
    files += (ROOT / "schemas/events").glob("*/*.schema.json")  # the catalogue shows them
    return sorted(files)


def digest(files):
    state = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        state.update(f"{file.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return state.hexdigest()


def node():
    """The one of npm that the tests use, else that of the machine; nothing when both are missing or too old."""
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    for program in (ROOT / f"tests/npm/node_modules/node-linux-{arch}/bin/node", shutil.which("node")):
        if program and os.access(program, os.X_OK):
            said = subprocess.run([program, "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout
            if tuple(map(int, said.strip().lstrip("v").split(".")[:2])) >= NODE_VERSION:
                return str(program)
    return None


def install():
    """As the lock file says; nothing, or why it cannot be."""
    stamp = HERE / "node_modules/.installed"
    if stamp.exists() and stamp.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime:
        return None
    if not shutil.which("npm"):
        return "npm is missing"
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--fetch-retries=1"], cwd=HERE,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        return "npm could not install its packages: " + " ".join(done.stdout.split()[-20:])
    stamp.touch()
    return None


def build(dist):
    """Into `dist`; nothing, or why it cannot be. What is wrong with the page itself ends the build."""
    program = node()
    if program is None:
        return f"there is no node {'.'.join(map(str, NODE_VERSION))} or newer (scripts/install-deps brings one)"
    reason = install()
    if reason:
        return reason
    for arguments in (["node_modules/vite/bin/vite.js", "build", "--outDir", str(dist), "--emptyOutDir", "--logLevel", "warn"],
                      ["compress.mjs", str(dist)]):
        subprocess.run([program, *arguments], cwd=HERE, check=True, timeout=300)
    return None


def stand_in(dist, reason):
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir(parents=True)
    (dist / "index.html").write_text(
        "<!doctype html><html lang=en><meta charset=utf-8><title>LumenFlow</title><h1>This program was built without its page</h1>"
        "<p>Its builder could not have npm's packages. Everything else is here; the routes are at <a href=/openapi.json>/openapi.json</a>.",
        encoding="utf-8")
    print(f"lumenflow: the program is built without its page: {reason}. To try again, remove {dist.parent}", file=sys.stderr)


def write_source(dist, target):
    """One symbol for each file and coding, and the list of them."""
    bytes_of, entries = [], []
    for file in sorted(path for path in dist.rglob("*") if path.is_file() and path.suffix not in (".gz", ".br", ".map")):
        path = "/" + file.relative_to(dist).as_posix()
        views = []
        for suffix in ("", ".gz", ".br"):
            coded = file.with_name(file.name + suffix)
            if not coded.exists():
                views.append("{}")
                continue
            symbol = f"lumenflow_page_{len(bytes_of)}"
            bytes_of.append((symbol, coded))
            views.append(f"view({symbol}, {symbol}_end)")
        etag = hashlib.sha256(file.read_bytes()).hexdigest()[:24]
        immutable = "true" if path.startswith("/assets/") else "false"
        shown = "/" if path == "/index.html" else path
        entries.append(f'      {{"{shown}", "{TYPES[file.suffix]}", "\\"{etag}\\"", {immutable}, {", ".join(views)}}},')
    asm = "\n".join(f'    ".global {symbol}\\n{symbol}:\\n.incbin \\"{path}\\"\\n.global {symbol}_end\\n{symbol}_end:\\n.byte 0\\n"'
                    for symbol, path in bytes_of)
    declared = "\n".join(f"extern const char {symbol}[], {symbol}_end[];" for symbol, _ in bytes_of)
    target.write_text(f"""// Generated by page/build.py.
#include "page/files.h"

__asm__(
    ".pushsection .rodata\\n"
{asm}
    ".popsection\\n");

extern "C" {{
{declared}
}}

namespace lumenflow::page {{
namespace {{

std::string_view view(const char* begin, const char* end) {{ return {{begin, static_cast<std::size_t>(end - begin)}}; }}

}}  // namespace

std::vector<http::StaticFile> files() {{
  return {{
{chr(10).join(entries)}
  }};
}}

}}  // namespace lumenflow::page
""", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    for name in ("out", "source", "depfile"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    dist, stamp = given.out / "dist", given.out / "built.json"
    files = inputs()
    with open(given.out / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = {"inputs": digest(files)}
        if not stamp.exists() or json.loads(stamp.read_text(encoding="utf-8")) != state:
            stamp.unlink(missing_ok=True)
            reason = build(dist)
            if reason:
                stand_in(dist, reason)
            else:
                stamp.write_text(json.dumps(state), encoding="utf-8")
        write_source(dist, given.source)
    given.depfile.write_text(f"{given.source}: " + " ".join(str(file).replace(" ", "\\ ") for file in files) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
