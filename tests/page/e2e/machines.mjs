// What happens to conductor, sidecar and workspace while the browser looks: e2e.py does it, asked by a line on our output.
import readline from "node:readline";

const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export async function ask(what, ...given) {
  process.stdout.write(`${JSON.stringify({ do: what, with: given })}\n`);
  const { value } = await lines.next();
  const { answer, error } = JSON.parse(value);
  if (error !== undefined) throw new Error(error);
  return answer;
}

export function end() {
  process.stdin.destroy();
}
