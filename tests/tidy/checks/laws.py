"""Each law of ARCHITECTURE.md is named by a test (`TEST(Law2DurableBeforeVisible, …)` or a comment `Law 2`).

Those without one are listed in laws_missing.txt, which may only shrink.
"""

import re

LAWS = {
    1: "One path",
    2: "Durable before visible",
    3: "Identity from the token",
    4: "The manifest is the contract",
    5: "Ids derive from content",
    6: "Recovery never runs itself",
    7: "One strand, outside world behind ports",
    8: "Nothing is lost silently",
}
RATCHET = "tests/tidy/laws_missing.txt"
_NAMED = re.compile(r"\b[Ll]aw[ _]?([1-8])")


def named(tree):
    laws = set()
    for path in tree.code():
        if path.endswith("_test.cc") or path.startswith("tests/"):
            laws.update(int(number) for number in _NAMED.findall(tree.files[path]))
    return laws


def listed(tree):
    lines = (line.split("#")[0].strip() for line in tree.files.get(RATCHET, "").splitlines())
    return {int(line.split()[0]) for line in lines if line}


def check(tree):
    have, missing = named(tree), listed(tree)
    faults = [f"law {law} ({LAWS[law]}) is named by no test" for law in sorted(LAWS.keys() - have - missing)]
    faults += [f"{RATCHET}: law {law} has a test now: remove its line" for law in sorted(have & missing)]
    return faults
