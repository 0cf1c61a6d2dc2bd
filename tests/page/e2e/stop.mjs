// What is stopped goes on by a signature.
import { go } from "./browser.mjs";

export async function stopping({ url, operator: { page } }) {
  await go(page, url, "/w/ws-42/stop");
  await page.getByRole("button", { name: /Stop everything in/ }).click();
  await page.getByRole("button", { name: "Stop everything", exact: true }).click();
  await page.getByText("Everything is stopped").waitFor();
  await page.getByRole("button", { name: "Sign, and let it go on" }).click();
  await page.getByText("all goes on again").waitFor();
}
