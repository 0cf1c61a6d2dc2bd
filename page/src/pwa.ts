// The page as an app: its service worker, and being told of approvals while nobody looks.
import { api, conductor } from "./api/conductor";

/** Only where a browser allows it: over https, or on the machine itself. */
export function register(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
  navigator.serviceWorker.addEventListener("message", ({ data }: MessageEvent<{ type?: string; place?: string }>) => {
    // A notification was chosen: its own place, and nowhere else.
    if (data.type === "go" && data.place?.startsWith("/#/approvals")) location.hash = data.place.slice(1);
  });
}

export function canBeTold(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function registration(): Promise<ServiceWorkerRegistration | undefined> {
  return canBeTold() ? navigator.serviceWorker.getRegistration() : undefined;
}

export async function isTold(): Promise<boolean> {
  return ((await (await registration())?.pushManager.getSubscription()) ?? null) !== null;
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Asks the browser, then tells the conductor where to say it. */
export async function beTold(): Promise<void> {
  const worker = await registration();
  if (worker === undefined) throw new Error("this browser cannot be told: it has no service worker here");
  if ((await Notification.requestPermission()) !== "granted") throw new Error("notifications are not allowed in this browser's settings");
  const { public_key } = await conductor.told(api.GET("/v2/push/key"));
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(public_key) });
  const { endpoint, keys } = subscription.toJSON();
  try {
    await conductor.told(api.POST("/v2/push", { body: { endpoint: endpoint ?? "", keys: { p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" } } }));
  } catch (error) {
    await subscription.unsubscribe();
    throw error;
  }
}

/** The conductor learns of it from the push service, and forgets the address. */
export async function beSilent(): Promise<void> {
  await (await (await registration())?.pushManager.getSubscription())?.unsubscribe();
}
