"""Strict JSON and its canonical form (RFC 8785): one byte sequence per value, the input of every content hash.

Keys in UTF-16 code unit order, numbers as ECMAScript prints them, -0 as 0. An integer that ECMAScript would print
otherwise (beyond 2^53, mostly) is refused, because two programs would hash different texts for it.
"""

import json
import math

from .errors import PackError

DEPTH_MAX = 64  # nested arrays and objects
_EXACT_INTEGER_MAX = 2**53  # up to here every integer is a double


def parse(text, depth_max=DEPTH_MAX):
    """Exactly one strict JSON value from text or UTF-8 bytes. MALFORMED_JSON for anything else."""
    try:
        if isinstance(text, (bytes, bytearray)):
            text = bytes(text).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise PackError("MALFORMED_JSON", str(fault)) from None
    fault = _fault_in_text(value, depth_max)
    if fault:
        raise PackError("MALFORMED_JSON", fault)
    return value


def canonical(value):
    """The canonical text. INVALID_INPUT, with the JSON pointer, for the first part that has none."""
    out = []
    _write(value, "", out)
    return "".join(out)


def number_text(value):
    """A finite float as ECMAScript's Number::toString prints it (ECMA-262, 6.1.6.1.20)."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")  # the shortest digits that read back as the same double
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))  # ECMA-262 calls it n
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    tail = "." + digits[1:] if count > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _unique(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        seen = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {json.dumps(twice)} stands twice in one object")
    return value


def _finite(text):
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"no double holds the number {text}")
    return value


def _no_constant(text):
    raise ValueError(f"{text} is no JSON")


def _fault_in_text(value, depth_left):
    """What Python's reader lets pass: too deep nesting, halves of surrogate pairs."""
    if isinstance(value, str):
        return None if _is_unicode(value) else "a string has half of a surrogate pair"
    if not isinstance(value, (dict, list)):
        return None
    if depth_left == 0:
        return "arrays and objects are nested too deep"
    if isinstance(value, list):
        parts = value
    else:
        parts = [*value.keys(), *value.values()]
    return next((fault for fault in (_fault_in_text(part, depth_left - 1) for part in parts) if fault), None)


def _is_unicode(text):
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _refused(pointer, reason):
    return PackError("INVALID_INPUT", f"no canonical form: {pointer or 'the value'} {reason}",
                     [{"pointer": pointer, "reason": reason}])


def _write(value, pointer, out):
    if value is None or isinstance(value, bool):
        out.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, int):
        out.append(_integer(value, pointer))
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _refused(pointer, "is not a finite number")
        out.append(number_text(value))
    elif isinstance(value, str):
        out.append(_string(value, pointer, "is not Unicode: it has half of a surrogate pair"))
    elif isinstance(value, (list, tuple)):
        out.append("[")
        for index, item in enumerate(value):
            out.append("," if index else "")
            _write(item, f"{pointer}/{index}", out)
        out.append("]")
    elif isinstance(value, dict):
        _write_object(value, pointer, out)
    else:
        raise _refused(pointer, f"is a {type(value).__name__}, which JSON does not have")


def _write_object(value, pointer, out):
    for key in value:
        if not isinstance(key, str):
            raise _refused(pointer, f"has the key {key!r}, which is no string")
        if not _is_unicode(key):
            raise _refused(pointer, "has a key with half of a surrogate pair")
    out.append("{")
    for index, key in enumerate(sorted(value, key=lambda key: key.encode("utf-16-be"))):
        out.append(("," if index else "") + _string(key, pointer, "") + ":")
        _write(value[key], pointer + "/" + key.replace("~", "~0").replace("/", "~1"), out)
    out.append("}")


def _integer(value, pointer):
    if abs(value) <= _EXACT_INTEGER_MAX:
        return str(int(value))
    try:
        text = str(int(value))
        exact = number_text(float(value)) == text
    except (OverflowError, ValueError):  # beyond every double; more digits than Python prints
        text, exact = "with too many digits", False
    if not exact:
        raise _refused(pointer, f"is the integer {text}, which JavaScript would read as another number: "
                                "send it as a string")
    return text


def _string(value, pointer, reason):
    if not _is_unicode(value):
        raise _refused(pointer, reason)
    return json.dumps(value, ensure_ascii=False)
