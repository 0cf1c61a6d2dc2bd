// This browser's own keys, one for each workspace that has pinned it. They are made by WebCrypto, cannot be exported, and stay in
// IndexedDB, which keeps a CryptoKeyPair as it is.
import { DeviceKey } from "@lumenflow/conductor-sdk";
import { useQuery } from "@tanstack/react-query";
import { queries } from "../api/queries";

export interface Kept {
  workspace: string;
  deviceId: string;
  name: string;
  /** What the workspace granted, separated by blanks. */
  scope: string;
  pair: CryptoKeyPair;
}

export interface Signer {
  /** `<workspace>:phone:<device_id>`, what a decision names. */
  subject: string;
  deviceId: string;
  name: string;
  scopes: string[];
  key: DeviceKey;
}

/** A device that has asked and waits for the workspace's answer. */
export interface Asked extends Omit<Kept, "scope"> {
  ticket: string;
}

const tables = ["devices", "requests"] as const;
type Table = (typeof tables)[number];

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("lumenflow", 2);
    asked.onupgradeneeded = () => {
      for (const table of tables) {
        if (!asked.result.objectStoreNames.contains(table)) asked.result.createObjectStore(table, { keyPath: "workspace" });
      }
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error("this browser keeps nothing"));
  });
}

async function within<Result>(table: Table, mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<Result>): Promise<Result> {
  const database = await open();
  try {
    return await new Promise<Result>((resolve, reject) => {
      const transaction = database.transaction(table, mode);
      const asked = work(transaction.objectStore(table));
      // Kept when the transaction is, not when the request is.
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("it was not kept"));
    });
  } finally {
    database.close();
  }
}

export async function keep(device: Kept): Promise<void> {
  await within("devices", "readwrite", (store) => store.put(device));
  await queries.invalidateQueries({ queryKey: ["own-devices"] });
}

export async function forget(workspace: string): Promise<void> {
  await within("devices", "readwrite", (store) => store.delete(workspace));
  await queries.invalidateQueries({ queryKey: ["own-devices"] });
}

export function everyDevice(): Promise<Kept[]> {
  return typeof indexedDB === "undefined" ? Promise.resolve([]) : within<Kept[]>("devices", "readonly", (store) => store.getAll() as IDBRequest<Kept[]>);
}

export async function keepRequest(asked: Asked): Promise<void> {
  await within("requests", "readwrite", (store) => store.put(asked));
  await queries.invalidateQueries({ queryKey: ["own-requests"] });
}

export async function forgetRequest(workspace: string): Promise<void> {
  await within("requests", "readwrite", (store) => store.delete(workspace));
  await queries.invalidateQueries({ queryKey: ["own-requests"] });
}

/** What this browser has asked for and not been told yet: it also survives that the page is closed. */
export function useRequests(): Asked[] | undefined {
  const queryFn = () => (typeof indexedDB === "undefined" ? Promise.resolve([]) : within<Asked[]>("requests", "readonly", (store) => store.getAll() as IDBRequest<Asked[]>));
  return useQuery({ queryKey: ["own-requests"], queryFn, staleTime: Number.POSITIVE_INFINITY }).data;
}

export function signerOf(device: Kept): Signer {
  return {
    subject: `${device.workspace}:phone:${device.deviceId}`,
    deviceId: device.deviceId,
    name: device.name,
    scopes: device.scope.split(" "),
    key: DeviceKey.of(device.pair),
  };
}

/** Every workspace for which this browser can sign. */
export function useSigners(): Map<string, Signer> {
  const { data } = useQuery({ queryKey: ["own-devices"], queryFn: everyDevice, staleTime: Number.POSITIVE_INFINITY });
  return new Map((data ?? []).map((device) => [device.workspace, signerOf(device)]));
}

export function useSigner(workspace: string): Signer | undefined {
  return useSigners().get(workspace);
}
