// What goes wrong, as exceptions with a code: the same codes that stand on the wire and in the journal.

export class PackError extends Error {
  /**
   * @param {string} code one of LumenFlow's codes, or a tool's own
   * @param {string} message
   * @param {unknown} [details] any JSON value
   */
  constructor(code, message, details) {
    super(`${code}: ${message}`);
    this.name = this.constructor.name;
    /** @readonly */ this.code = code;
    /** @readonly */ this.reason = message;
    /** @readonly */ this.details = details;
  }
}

/** A tool's own refusal. Throw it with a code that the tool's documentation names, e.g. NOT_FOUND. */
export class ToolError extends PackError {
  /**
   * @param {string} code
   * @param {string} message
   * @param {unknown} [details]
   */
  constructor(code, message, details) {
    if (!/^[A-Z][A-Z0-9_]{0,63}$/.test(code)) throw new TypeError(`a code is written like NOT_FOUND, not '${code}'`);
    super(code, message, details);
  }
}

/** The host refused what the pack asked for: UNKNOWN_KIND, SCOPE_DENIED, METHOD_NOT_OFFERED, … */
export class HostError extends PackError {}

/** The call was cancelled or its deadline passed; thrown by whatever asks the host from then on. */
export class Cancelled extends PackError {
  constructor(message = "the call was cancelled") {
    super("CANCELLED", message);
  }
}
