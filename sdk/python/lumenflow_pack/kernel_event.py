"""Kernel events v2 as their emitter builds them, before the host stamps them on a stream.

`build_kernel_event_v2` is the function that the kernel itself uses, so a pack's own test can check what it emits, its
`event_id` included, without a host.
"""

import datetime
import hashlib
import os
import re

from .canonical import canonical
from .errors import PackError

PAYLOAD_BYTES_MAX = 256 * 1024  # of the canonical form

_KIND = re.compile(r"[a-z][a-z0-9-]*:[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)


def build_kernel_event_v2(kind, payload, *, timestamp, idempotency_key=None):
    """The event as a dict: schema_version, kind, event_id, timestamp, payload.

    With a key the id is the SHA-256 of the canonical JSON of {idempotencyKey, kind, payload, timestamp}: the same said
    twice is one event. Without one it is a random UUID (version 7). UNKNOWN_KIND, INVALID_PAYLOAD, PAYLOAD_TOO_LARGE;
    INVALID_INPUT for a timestamp that is no RFC 3339 date-time.
    """
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise PackError("UNKNOWN_KIND", f"'{kind}' is no event kind: write <slug>:<event_name>, "
                                        "e.g. acme-demo:job_completed")
    if not isinstance(payload, dict):
        raise PackError("INVALID_PAYLOAD", f"the payload of {kind} must be a JSON object")
    at = normalized_timestamp(timestamp)
    text = _canonical_of(payload, f"the payload of {kind}")
    size = len(text.encode("utf-8"))
    if size > PAYLOAD_BYTES_MAX:
        raise PackError("PAYLOAD_TOO_LARGE", f"the payload of {kind} has {size} bytes in canonical form, "
                                             f"{PAYLOAD_BYTES_MAX} are allowed")
    if idempotency_key is None:
        event_id = _uuid_v7(at)
    else:
        event_id = _content_id(kind, payload, idempotency_key, at)
    return {"schema_version": 2, "kind": kind, "event_id": event_id, "timestamp": at, "payload": payload}


def normalized_timestamp(text):
    """Any RFC 3339 date-time in the envelope's form: UTC, exactly three fractional digits (finer ones are cut off)."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise _no_time(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    offset = int(match[9] or 0) * 60 + int(match[10] or 0)
    if int(match[9] or 0) > 23 or int(match[10] or 0) > 59 or second > 60:
        raise _no_time(text)
    try:
        at = datetime.datetime(year, month, day, hour, minute, min(second, 59))
        at -= datetime.timedelta(minutes=-offset if match[8] == "-" else offset)
        milliseconds = int(((match[7] or "") + "000")[:3])
        if second == 60:  # RFC 3339 5.7: a leap second is only inserted at 23:59:60 UTC; it counts as the next one
            if (at.hour, at.minute) != (23, 59):
                raise _no_time(text)
            at, milliseconds = at + datetime.timedelta(seconds=1), 0
    except (ValueError, OverflowError):  # no such day; before the year 1 or after 9999
        raise _no_time(text) from None
    return f"{at.isoformat(timespec='seconds')}.{milliseconds:03d}Z"


def _no_time(text):
    return PackError("INVALID_INPUT", f"{text!r} is not an RFC 3339 date-time, e.g. 2026-03-01T12:00:00Z")


def _canonical_of(value, what):
    try:
        return canonical(value)
    except PackError as fault:
        raise PackError("INVALID_PAYLOAD", f"{what}: {fault.message}", fault.details) from None


def _content_id(kind, payload, idempotency_key, timestamp):
    if not isinstance(idempotency_key, str):
        raise PackError("INVALID_PAYLOAD", f"the idempotency key of {kind} must be a string")
    hashed = {"idempotencyKey": idempotency_key, "kind": kind, "payload": payload, "timestamp": timestamp}
    return hashlib.sha256(_canonical_of(hashed, f"what identifies {kind}").encode("utf-8")).hexdigest()


def _uuid_v7(timestamp):
    at = datetime.datetime.fromisoformat(timestamp[:-1] + "+00:00")
    milliseconds = round((at - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)).total_seconds() * 1000)
    data = bytearray((milliseconds % 2**48).to_bytes(6, "big") + os.urandom(10))
    data[6] = 0x70 | data[6] & 0x0F
    data[8] = 0x80 | data[8] & 0x3F
    text = data.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
