"""What retention let go of, as the journal's `workspace.retention` entries say (docs/formats/journal.md)."""

import base64
import binascii
import collections

import ed25519
import strict_json
from failure import Failure

Cut = collections.namedtuple("Cut", "inputs outputs")  # a part of a row that begins up to there may be gone
TYPE = "workspace.retention"


def _signature(text):
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (TypeError, ValueError, binascii.Error):
        return b""


def read(entry, position, public_key, log_ids):
    """The cut of such an entry; a Failure where it is not one that the log's key signed for this log."""
    cut = Cut(entry.get("inputs_to"), entry.get("outputs_to"))
    if not all(isinstance(to, int) and not isinstance(to, bool) and 0 <= to < position for to in cut):
        raise Failure("an entry of retention is malformed or covers itself", position)
    covered = {key: value for key, value in entry.items() if key not in ("type", "signature")}
    covered["purpose"] = "retention"
    signature = _signature(entry.get("signature"))
    if len(signature) != 64 or not ed25519.verify(public_key, strict_json.canonical(covered).encode(), signature):
        raise Failure("an entry of retention is not signed with the log's key", position)
    if entry.get("log_id") not in log_ids:
        raise Failure("an entry of retention is of another log", position)
    return cut
