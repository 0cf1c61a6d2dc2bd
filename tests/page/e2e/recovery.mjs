// Something is left half done: what repairs it is read word for word, signed in two steps with a reason, and done once.
import assert from "node:assert/strict";
import { accessible, go, until } from "./browser.mjs";
import { ask } from "./machines.mjs";

const why = "the folder was cleaned away by mistake";

export async function recovery({ url, operator: { page } }) {
  await ask("break_worktree");
  await go(page, url, `/w/ws-42/tools/${encodeURIComponent("wu:recover")}`);
  await page.getByRole("textbox", { name: "Wu id" }).first().fill("WU-042");
  await page.getByRole("button", { name: /^Call/ }).click();
  await page.getByText("RECOVERY_PROPOSED", { exact: true }).first().waitFor();

  const [open] = (await ask("cli", "recover", "list", "--json")).trim().split("\n").map((line) => JSON.parse(line));
  await go(page, url, "/w/ws-42/recoveries");
  await page.getByRole("button", { name: "Ask the workspace again" }).click();
  const shown = page.getByRole("article").filter({ hasText: "wu:recover" }).first();
  // Word for word: the tool and its whole input, as the workspace has it.
  const proposed = await shown.getByLabel("The proposed call").innerText();
  for (const word of [open.recovery_call.tool, ...Object.values(open.recovery_call.input)]) assert(proposed.includes(word), `${word} is not in ${proposed}`);

  // First it is read, then it is signed: neither goes without being said.
  await shown.getByRole("button", { name: "Consent…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("This is exactly what is decided").waitFor();
  assert(await dialog.getByRole("button", { name: "Go on" }).isDisabled(), "it goes on unread");
  await accessible(page, "a consent");
  await dialog.getByRole("checkbox").check();
  await dialog.getByRole("button", { name: "Go on" }).click();
  const sign = dialog.getByRole("button", { name: /^Sign, and call wu:recover once/ });
  assert(await sign.isDisabled(), "it is signed without a reason");
  await dialog.getByLabel("Why").fill(why);
  await sign.click();
  await dialog.waitFor({ state: "detached" });

  const dealt = await until("the consent", async () => {
    const all = (await ask("cli", "recover", "list", "--all", "--json")).trim().split("\n").map((line) => JSON.parse(line));
    return all.find((one) => one.recovery_id === open.recovery_id && one.state === "confirmed");
  });
  assert.equal(dealt.reason, why);
  assert.match(dealt.confirmed_by, /^ws-42:phone:/);
  await page.getByText(/dealt with/).first().click();
  await page.getByText(why).first().waitFor();
}
