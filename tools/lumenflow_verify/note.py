"""Signed tree heads: C2SP signed-note, tlog-checkpoint and tlog-cosignature."""

import base64
import binascii
import collections
import hashlib
import re

import ed25519
from failure import Failure

Head = collections.namedtuple("Head", "origin size root")
Key = collections.namedtuple("Key", "name algorithm public")  # name None: whatever the note's origin is
Signature = collections.namedtuple("Signature", "name key_id bytes")

CHECKPOINT = 1  # Ed25519 over the text
COSIGNATURE = 4  # Ed25519 over "cosignature/v1", a time, and the text
TEXT_BYTES_MAX = 64 * 1024
SIZE = re.compile("0|[1-9][0-9]{0,19}")


def strict_base64(text):
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Failure("not base64: " + text[:80]) from None
    if base64.b64encode(decoded).decode() != text:
        raise Failure("not base64 in its one form: " + text[:80])
    return decoded


def key_id(key, name):
    return hashlib.sha256(name.encode() + b"\n" + bytes([key.algorithm]) + key.public).digest()[:4]


def parse_key(text):
    """A line with a signed-note verifier key, or the base64 of 32 bytes as in `log.pub`: the key of any origin."""
    text = text.strip()
    match = re.fullmatch(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)", text)
    if not match:
        public = strict_base64(text)
        if len(public) != 32:
            raise Failure("a log's key is the base64 of 32 bytes")
        return Key(None, CHECKPOINT, public)
    name, stated_id, encoded = match.groups()
    decoded = strict_base64(encoded)
    if len(decoded) != 33 or decoded[0] not in (CHECKPOINT, COSIGNATURE):
        raise Failure("a verifier key of an unknown kind: " + text)
    key = Key(name, decoded[0], decoded[1:])
    if key_id(key, name).hex() != stated_id:
        raise Failure("a verifier key with the wrong id: " + text)
    return key


def _parse_signature(line):
    match = re.fullmatch("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)", line)
    if not match:
        raise Failure("a signature line is malformed: " + line[:80])
    decoded = strict_base64(match.group(2))
    if len(decoded) < 5:
        raise Failure("a signature is too short: " + line[:80])
    return Signature(match.group(1), decoded[:4], decoded[4:])


def split(note):
    """The signed text (with its last newline) and the signatures."""
    if len(note) > TEXT_BYTES_MAX:
        raise Failure("the checkpoint is over 64 KiB")
    text, blank, lines = note.partition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise Failure("not a signed note: no empty line before its signatures, or no newline at its end")
    return text + "\n", [_parse_signature(line) for line in lines[:-1].split("\n")]


def _signed_by(key, text, signature):
    if key.algorithm == CHECKPOINT:
        return ed25519.verify(key.public, text.encode(), signature.bytes)
    if len(signature.bytes) != 72:
        return False
    seconds = int.from_bytes(signature.bytes[:8], "big")
    message = "cosignature/v1\ntime %d\n%s" % (seconds, text)
    return ed25519.verify(key.public, message.encode(), signature.bytes[8:])


def _has_signature(key, name, text, signatures):
    """True, or False when the key did not sign; a signature of its that is wrong is a Failure."""
    theirs = [s for s in signatures if s.name == name and s.key_id == key_id(key, name)]
    for signature in theirs:
        if not _signed_by(key, text, signature):
            raise Failure("the signature of %s is wrong" % name)
    return bool(theirs)


def parse_head(text):
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise Failure("a checkpoint is three lines: origin, size, root")
    origin, size, root = lines[:3]
    if not origin.startswith("lumenflow/"):
        raise Failure("the origin is no log of LumenFlow: " + origin[:80])
    decoded = strict_base64(root)
    if not SIZE.fullmatch(size) or int(size) >= 2**64 or len(decoded) != 32:
        raise Failure("the checkpoint's size or root is malformed")
    return Head(origin, int(size), decoded)


class Verifier:
    """Checks checkpoints of one log's key; remembers the good ones, of which many proofs share one."""

    def __init__(self, key, witnesses=(), witnesses_needed=None):
        self._key = key
        self._witnesses = list(witnesses)
        self._needed = len(self._witnesses) if witnesses_needed is None else witnesses_needed
        self._good = {}

    @property
    def public_key(self):
        return self._key.public

    def head(self, note):
        if note not in self._good:
            self._good[note] = self._check(note)
        return self._good[note]

    def _check(self, note):
        text, signatures = split(note)
        head = parse_head(text)
        if self._key.name not in (None, head.origin):
            raise Failure("the checkpoint is of %s, the key of %s" % (head.origin, self._key.name))
        if not _has_signature(self._key, head.origin, text, signatures):
            raise Failure("the checkpoint has no signature by the log's key")
        found = [w.name for w in self._witnesses if _has_signature(w, w.name, text, signatures)]
        if len(found) < self._needed:
            raise Failure("%d of %d witnesses signed the checkpoint: %s" %
                          (len(found), self._needed, ", ".join(found) or "none"))
        return head
