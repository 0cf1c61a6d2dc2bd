// Every page: nothing serious for axe, no wider than a phone, and its picture where pictures are wanted.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { accessible, go, visitor } from "./browser.mjs";
import { ask } from "./machines.mjs";

const pages = {
  fleet: "/", timeline: "/w/ws-42", tools: "/w/ws-42/tools", tool: "/w/ws-42/tools/wu%3Aclaim", approvals: "/approvals", recoveries: "/w/ws-42/recoveries",
  turns: "/w/ws-42/turns", audit: "/w/ws-42/audit", catalogue: "/w/ws-42/catalogue", packs: "/w/ws-42/packs", devices: "/devices", stop: "/w/ws-42/stop", settings: "/settings",
};

/** Takes pictures as WebP, which Chromium itself can write: a third of a PNG. */
async function photographer(browser, folder) {
  const dark = await (await browser.newContext()).newPage();
  return async (page, name) => {
    const png = (await page.screenshot()).toString("base64");
    const webp = await dark.evaluate(async (bytes) => {
      const image = new Image();
      image.src = `data:image/png;base64,${bytes}`;
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/webp", 0.82).split(",")[1];
    }, png);
    await writeFile(`${folder}/${name}.webp`, Buffer.from(webp, "base64"));
  };
}

async function settled(page) {
  await page.waitForLoadState("networkidle").catch(() => undefined);
  await page.getByText(/^Loading/).first().waitFor({ state: "hidden" });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

// Pages of one thing: of the turn and the call that the trace has made, where it ran.
async function ofOne(page) {
  const { items } = await page.evaluate(async () => (await fetch("/v2/workspaces/ws-42/turns")).json());
  const [turn] = items;
  if (turn === undefined) return {};
  return { turn: `/w/ws-42/turns/${turn.turn_id}`, receipt: `/w/ws-42/audit/${turn.tool_calls[0].receipt_id}` };
}

export async function everyPage({ url, browser, screenshots, operator: { page } }) {
  const faults = [];
  const stranger = await visitor(browser, url);
  const picture = screenshots ? await photographer(browser, screenshots) : async () => undefined;
  if (screenshots) {  // something that waits, and something that was left half done
    for (const content of ["The bakery closes at noon on Saturdays.", "Ana prefers short titles."]) await ask("call", "memory:store", { content, type: "fact" });
    await ask("break_worktree").catch(() => undefined);
    await ask("call", "wu:recover", { wu_id: "WU-042" }).catch(() => undefined);
  }
  const all = [...Object.entries({ ...pages, ...(await ofOne(page)) }).map(([name, place]) => [name, place, page]), ["sign-in", "/", stranger.page]];
  for (const theme of ["light", "dark"]) {
    await stranger.page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor({ state: "attached" });
    await page.reload(); // in these colours from its beginning
    for (const [name, place, shown] of all) {
      await shown.setViewportSize({ width: 1280, height: 800 });
      await go(shown, url, place);
      await settled(shown);
      await picture(shown, `${name}-${theme}-1280`);
      await accessible(shown, `${name}, ${theme}`).catch((error) => faults.push(error.message));
      await shown.setViewportSize({ width: 360, height: 740 });
      const wide = await shown.evaluate(() => document.documentElement.scrollWidth);
      if (wide > 360) faults.push(`${name}: ${wide} px wide on a phone`);
      if (screenshots) await settled(shown);
      await picture(shown, `${name}-${theme}-360`);
    }
  }
  await stranger.context.close();
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  assert.equal(faults.join("\n"), "");
}
