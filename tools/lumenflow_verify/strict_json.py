"""JSON without duplicate keys, and its canonical form (RFC 8785)."""

import json
import math

from failure import Failure


def _no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Failure("a JSON object has a key twice")
    return members


def _no_constant(name):
    raise Failure(name + " is not JSON")


def parse(text):
    try:
        return json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Failure("not JSON: %s" % error) from None


def _number(value):
    """As ECMAScript prints it: the shortest digits that read back the same."""
    if isinstance(value, int):
        if abs(value) < 2**53:
            return str(value)
        value = float(value)
    if not math.isfinite(value):
        raise Failure("a number beyond what JSON can hold")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = ("%r" % abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = int(exponent or 0) + len(whole) if whole != "0" else len(digits) - len(fraction)
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        text = digits + "0" * (point - count)
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        tail = "." + digits[1:] if count > 1 else ""
        text = "%s%se%+d" % (digits[0], tail, point - 1)
    return sign + text


def canonical(value):
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(canonical(key) + ":" + canonical(value[key]) for key in keys) + "}"
