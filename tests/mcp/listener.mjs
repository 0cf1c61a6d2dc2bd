// A listener on the loopback that adds a token to what it passes on: the conformance suite sends none.
//   node listener.mjs SIDECAR-URL TOKEN   prints its own URL, and serves until stdin ends
// Everything else goes through as it came, streams as they come.
import http from "node:http";

const [target, token] = process.argv.slice(2);
const sidecar = new URL(target);

const server = http.createServer((request, response) => {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  const onward = http.request(
    { host: sidecar.hostname, port: sidecar.port, path: request.url, method: request.method, headers },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    },
  );
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
process.stdin.on("end", () => process.exit(0)).resume();
