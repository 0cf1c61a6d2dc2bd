"""`lumenflow-proof/1`: that an entry is in a log, or that a log only grew."""

import tree
from failure import Failure
from note import strict_base64


def _hash(text):
    if not isinstance(text, str) or len(text) != 64 or text.strip("0123456789abcdef"):
        raise Failure("a hash is 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)


def _number(document, key):
    value = document.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**64:
        raise Failure("'%s' is no whole number" % key)
    return value


def _text(document, key):
    value = document.get(key)
    if not isinstance(value, str):
        raise Failure("'%s' is no text" % key)
    return value


def _entry(document, head, path):
    index = _number(document, "leaf_index")
    leaf = tree.leaf_hash(strict_base64(_text(document, "entry")))
    if leaf != _hash(document.get("leaf_hash")):
        raise Failure("'leaf_hash' is not the entry's")
    if tree.root_of_inclusion(leaf, index, head.size, path) != head.root:
        raise Failure("the entry does not lead to the signed root")
    return "entry %d of %s, among %d entries" % (index + 1, head.origin, head.size)


def _growth(document, head, path):
    from_size, from_root = _number(document, "from_size"), _hash(document.get("from_root"))
    if not tree.consistent(from_size, from_root, head.size, head.root, path):
        raise Failure("the signed tree does not begin with the earlier one")
    return "%s grew from %d to %d entries" % (head.origin, from_size, head.size)


def _check_held(document, head, held):
    """One of the proof's ends is a checkpoint that somebody kept elsewhere."""
    ends = {(head.origin, head.size, head.root)}
    if "from_size" in document:
        ends.add((head.origin, _number(document, "from_size"), _hash(document.get("from_root"))))
    for kept in held:
        if tuple(kept) in ends:
            return
    sizes = ", ".join(str(kept.size) for kept in held)
    raise Failure("neither end of the proof is a checkpoint that was given (those are of %s entries)" % sizes)


def check(document, verifier, held=()):
    """What was proven, for a person; a Failure says what does not hold."""
    if not isinstance(document, dict) or document.get("format") != "lumenflow-proof/1":
        raise Failure("not of the format lumenflow-proof/1")
    head = verifier.head(_text(document, "checkpoint"))
    stated = (document.get("origin"), _number(document, "tree_size"), _hash(document.get("root")))
    if stated != tuple(head):
        raise Failure("the origin, size or root is not that of the checkpoint")
    path = document.get("proof")
    if not isinstance(path, list):
        raise Failure("'proof' is no list")
    path = [_hash(item) for item in path]
    if ("leaf_index" in document) == ("from_size" in document):
        raise Failure("of an entry or of growth: one of 'leaf_index' and 'from_size'")
    said = (_entry if "leaf_index" in document else _growth)(document, head, path)
    if held:
        _check_held(document, head, held)
    return said
