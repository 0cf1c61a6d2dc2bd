#!/usr/bin/env python3
"""The page's own tests: run.py types | unit | budget

types: the TypeScript compiler. unit: Vitest. budget: what is loaded first, of the page that was built (argument: its folder).
Exits 77 (skipped), and says why, where npm's packages are missing.
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PAGE = ROOT / "page"
sys.dont_write_bytecode = True
sys.path.insert(0, str(PAGE))
import build  # noqa: E402

SKIPPED = 77
FIRST_SCRIPT_BYTES = 250_000


def run_node(*arguments):
    return subprocess.run([build.node(), *arguments], cwd=PAGE, check=False, timeout=240).returncode


def budget(dist):
    """All that the page asks for before it shows anything, compressed as a browser takes it."""
    html = (dist / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|style=", html), "something stands inline, which the policy forbids"
    assert not re.search(r"https?://", html), "the page asks another origin"
    scripts = re.findall(r'<(?:script|link)[^>]*(?:src|href)="/(assets/[^"]+\.js)"', html)
    assert scripts, html
    # What is too small to gain by it is sent as it is.
    size = sum(next(path for path in (dist / f"{name}.gz", dist / name) if path.exists()).stat().st_size for name in scripts)
    print(f"{size} bytes of script (gzip) in {len(scripts)} files are loaded first; at most {FIRST_SCRIPT_BYTES}")
    return 0 if size <= FIRST_SCRIPT_BYTES else 1


def main(what, *arguments):
    if what == "budget":
        if not (ROOT / "build/page/built.json").exists():
            print("skipped: the program was built without its page")
            return SKIPPED
        return budget(pathlib.Path(arguments[0]))
    if not (PAGE / "node_modules/.installed").exists() or build.node() is None:
        print(f"skipped: {PAGE}/node_modules or a node that is new enough is missing; scripts/install-deps installs them")
        return SKIPPED
    if what == "types":
        return run_node("node_modules/typescript/bin/tsc", "-p", ".", "--noEmit")
    return run_node("node_modules/vitest/vitest.mjs", "run", "--reporter=default")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
