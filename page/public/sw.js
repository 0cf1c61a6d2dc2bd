// The page's service worker: tells of approvals, and says so when nobody answers. It keeps no data, and no part of the page:
// what is shown always comes from the conductor.
const kept = "lumenflow-offline-1";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(kept).then((cache) => cache.add("/offline.html")).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const forget = async () => {
    for (const name of await caches.keys()) if (name !== kept) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(forget());
});

self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  event.respondWith(fetch(event.request).catch(async () => (await caches.match("/offline.html")) ?? Response.error()));
});

function said(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

self.addEventListener("push", (event) => {
  // Words of others, shown as text. What the notification leads to is asked for anew when it is opened.
  const { tool_name, workspace_id, requested_by, approval_id } = said(event.data);
  const show = self.registration.showNotification(`${tool_name ?? "A call"} waits for approval`, {
    body: `In ${workspace_id ?? "a workspace"}, asked by ${requested_by ?? "somebody"}`,
    icon: "/icon-192.png",
    tag: approval_id ?? "approval",
    data: { approval: approval_id },
  });
  event.waitUntil(show);
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { approval } = event.notification.data ?? {};
  const place = `/#/approvals${approval === undefined ? "" : `/${encodeURIComponent(approval)}`}`;
  const open = async () => {
    for (const client of await self.clients.matchAll({ type: "window" })) {
      client.postMessage({ type: "go", place });
      return client.focus();
    }
    return self.clients.openWindow(place);
  };
  event.waitUntil(open());
});
