// What of Node the SDK uses, so that it compiles without the types of all of Node.

declare module "node:crypto" {
  export function createHash(algorithm: "sha256"): { update(text: string, encoding: "utf8"): { digest(encoding: "hex"): string } };
  export function randomBytes(size: number): Buffer;
}

declare module "node:fs" {
  export function realpathSync(path: string): string;
}

declare module "node:url" {
  export function fileURLToPath(url: string): string;
}

declare module "node:process" {
  interface Output { write(text: string): boolean; on(event: "error", listener: () => void): void }
  const process: { argv: string[], stdin: NodeJS.ReadableStream, stdout: Output, stderr: Output };
  export default process;
}

declare namespace NodeJS {
  interface ReadableStream {
    setEncoding(encoding: "utf8"): void;
    on(event: "data", listener: (chunk: string) => void): void;
    on(event: "end", listener: () => void): void;
    destroy(): void;
  }
}

declare class Buffer {
  static alloc(size: number): Buffer;
  static from(text: string): Buffer;
  static concat(parts: Buffer[]): Buffer;
  static byteLength(text: string): number;
  static compare(a: Buffer, b: Buffer): number;
  [index: number]: number;
  readUInt8(at: number): number;
  writeUIntBE(value: number, at: number, bytes: number): void;
  toString(encoding: "hex"): string;
}

interface AbortSignal { readonly aborted: boolean }
declare class AbortController { readonly signal: AbortSignal; abort(): void }
declare function structuredClone<T>(value: T): T;
