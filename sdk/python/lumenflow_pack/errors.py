"""What goes wrong, as exceptions with a code: the same codes that stand on the wire and in the journal."""

import re


class PackError(Exception):
    """`code` is one of LumenFlow's codes or a tool's own; `details` is any JSON value, None for nothing."""

    def __init__(self, code, message, details=None):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.details = details


class ToolError(PackError):
    """A tool's own refusal. Raise it with a code that the tool's documentation names, e.g. NOT_FOUND."""

    def __init__(self, code, message, details=None):
        if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", code):
            raise ValueError(f"a code is written like NOT_FOUND, not {code!r}")
        super().__init__(code, message, details)


class HostError(PackError):
    """The host refused what the pack asked for: UNKNOWN_KIND, SCOPE_DENIED, METHOD_NOT_OFFERED, …"""


class Cancelled(PackError):
    """The call was cancelled or its deadline passed; raised by whatever asks the host from then on."""

    def __init__(self, message="the call was cancelled"):
        super().__init__("CANCELLED", message)
