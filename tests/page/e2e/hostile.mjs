// What a pack writes is text, wherever it comes to be shown.
import assert from "node:assert/strict";
import { go } from "./browser.mjs";

const marks = "<img src=x onerror="; // quotes are written as JSON writes them

export async function hostile({ url, operator: { page } }) {
  const base = "/w/ws-42";
  const seen = async (where) => {
    await page.getByText(marks).first().waitFor();
    const made = await page.evaluate(() => [document.querySelectorAll('img[src="x"], script:not([src])').length, globalThis.stolen]);
    assert.deepEqual(made, [0, undefined], where);
  };
  await go(page, url, `${base}/tools/${encodeURIComponent("evil:run_job")}`);
  await seen("a tool's title, description and schema");
  await page.getByRole("textbox", { name: "Job id" }).first().fill("job-1");
  await page.getByRole("button", { name: /^Call/ }).click();
  await page.getByText("success").first().waitFor();
  await page.getByLabel("What the tool answered").getByText(marks).first().waitFor();
  const receipt = await page.getByRole("link", { name: /^rcpt-/ }).first().innerText();
  await seen("a tool's output");
  await go(page, url, base);
  await page.getByRole("textbox", { name: "Find in the events" }).fill("evil:job_completed");
  await page.getByRole("log").getByRole("button").first().click();
  await page.getByRole("dialog").getByText(marks).first().waitFor();
  await seen("an event's payload");
  await page.keyboard.press("Escape");
  await go(page, url, `${base}/packs`);
  await seen("a pack's title");
  await go(page, url, `${base}/catalogue`);
  await page.getByRole("textbox", { name: "Find a kind" }).fill("evil:job_completed");
  await page.getByText("as declared").waitFor();
  await page.getByText("evil:job_completed").first().click();
  await seen("a kind's schema");
  await go(page, url, `${base}/audit/${receipt}`);
  await seen("a receipt");
}
