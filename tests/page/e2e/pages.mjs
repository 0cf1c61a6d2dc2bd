// Every page: nothing serious for axe, no wider than a phone, and its picture where pictures are wanted.
import assert from "node:assert/strict";
import { accessible, go } from "./browser.mjs";

const pages = {
  fleet: "/", timeline: "/w/ws-42", tools: "/w/ws-42/tools", tool: "/w/ws-42/tools/wu%3Aclaim", approvals: "/approvals", recoveries: "/w/ws-42/recoveries",
  turns: "/w/ws-42/turns", audit: "/w/ws-42/audit", catalogue: "/w/ws-42/catalogue", packs: "/w/ws-42/packs", devices: "/devices", stop: "/w/ws-42/stop", settings: "/settings",
};

export async function everyPage({ url, screenshots, operator: { page } }) {
  const faults = [];
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor({ state: "attached" });
    await page.reload(); // in these colours from its beginning
    for (const [name, place] of Object.entries(pages)) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await go(page, url, place);
      await page.waitForLoadState("networkidle").catch(() => undefined);
      await page.getByText(/^Loading/).first().waitFor({ state: "hidden" });
      if (screenshots) await page.screenshot({ path: `${screenshots}/${name}-${theme}-1280.png` });
      await accessible(page, `${name}, ${theme}`).catch((error) => faults.push(error.message));
      await page.setViewportSize({ width: 360, height: 740 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > 360) faults.push(`${name}: ${wide} px wide on a phone`);
      if (screenshots) await page.screenshot({ path: `${screenshots}/${name}-${theme}-360.png` });
    }
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "light" });
  assert.equal(faults.join("\n"), "");
}
