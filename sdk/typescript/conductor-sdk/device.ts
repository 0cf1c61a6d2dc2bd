// A device's own key: made here, not extractable, pinned by the workspace. What it signs counts there whoever carries it.

export interface PublicKey {
  kty: "EC";
  crv: "P-256";
  x: string;
  y: string;
}

/** What is signed of an approval. `reason` is empty where none is given. */
export interface ApprovalStatement {
  approval_id: string;
  call_digest: string;
  decision: "approve" | "deny";
  decided_by: string;
  reason: string;
  decided_at: string;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256" } as const;
const ascii = new TextEncoder();

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** RFC 8785 of an object of texts: members by UTF-16 code units, texts as ECMAScript writes them. */
export function canonicalTexts(members: { readonly [name: string]: string }): string {
  const written = Object.keys(members).sort().map((name) => {
    const text = members[name] ?? "";
    if (/[\uD800-\uDFFF]/u.test(text)) throw new TypeError(`${name} has half of a surrogate pair`);
    return `${JSON.stringify(name)}:${JSON.stringify(text)}`;
  });
  return `{${written.join(",")}}`;
}

/** RFC 8785 of anything that JSON can say: numbers and texts are as ECMAScript writes them. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string" && /[\uD800-\uDFFF]/u.test(value)) throw new TypeError("half of a surrogate pair has no canonical form");
  if (typeof value === "number" && !Number.isFinite(value)) throw new TypeError("JSON has no such number");
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  // What was no JSON, or a number that a double rounds: its members are not what it says.
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") throw new TypeError(`${String(value)} has no canonical form`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalJson(name)}:${canonicalJson(member)}`).join(",")}}`;
}

/** What is signed of a command. `payload` is the event's, without a signature. */
export interface CommandStatement {
  kind: string;
  payload: { [name: string]: unknown };
  decided_by: string;
  decided_at: string;
}

export class DeviceKey {
  private constructor(readonly pair: CryptoKeyPair) {}

  /** The private key stays in the browser or the process: not even this code can read it. */
  static async generate(): Promise<DeviceKey> {
    return new DeviceKey(await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]));
  }

  /** A pair that was kept: IndexedDB stores a CryptoKeyPair as it is. */
  static of(pair: CryptoKeyPair): DeviceKey {
    if (pair.privateKey.extractable) throw new TypeError("a device's private key must not be extractable");
    return new DeviceKey(pair);
  }

  async publicKey(): Promise<PublicKey> {
    const { x, y } = await crypto.subtle.exportKey("jwk", this.pair.publicKey);
    return { kty: "EC", crv: "P-256", x: x ?? "", y: y ?? "" };
  }

  /** RFC 7638: what the workspace's operator compares before accepting the device. */
  async thumbprint(): Promise<string> {
    const key = await this.publicKey();
    return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", ascii.encode(canonicalTexts({ ...key })))));
  }

  /** ES256, base64url. */
  async sign(text: string): Promise<string> {
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, this.pair.privateKey, ascii.encode(text));
    return base64url(new Uint8Array(signature));
  }

  signApproval(statement: ApprovalStatement): Promise<string> {
    return this.sign(canonicalTexts({ purpose: "approval", ...statement }));
  }

  signRecovery(statement: { recovery_id: string; call_digest: string; decided_by: string; reason: string; decided_at: string }): Promise<string> {
    return this.sign(canonicalTexts({ purpose: "recovery", decision: "confirm", ...statement }));
  }

  /** Of a call: conductor:tool_requested, or sidekick:command_received with a tool. */
  signCommand({ kind, payload, decided_by, decided_at }: CommandStatement): Promise<string> {
    return this.sign(canonicalJson({ purpose: "command", kind, payload, decided_by, decided_at }));
  }

  signResume(statement: { target: string; decided_by: string; decided_at: string }): Promise<string> {
    return this.sign(canonicalTexts({ purpose: "resume", ...statement }));
  }

  /** The JWT that POST /v2/tokens/renew takes: good once, for a minute. */
  async assertion(subject: string, now = new Date()): Promise<string> {
    const part = (value: unknown) => base64url(ascii.encode(JSON.stringify(value)));
    const iat = Math.floor(now.getTime() / 1000);
    const claims = { iss: subject, sub: subject, aud: "renew", scope: "", iat, exp: iat + 60, jti: crypto.randomUUID() };
    const signed = `${part({ alg: "ES256", typ: "JWT" })}.${part(claims)}`;
    return `${signed}.${await this.sign(signed)}`;
  }
}
