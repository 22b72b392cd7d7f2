/** An upstream for trying filters: answers every request with itself, as JSON. Port: `PORT`, default 8080. */
import { createServer } from "node:http";

async function echo(request, response) {
  const { method, url: path, headers } = request;
  const body = Buffer.concat(await request.toArray()).toString();
  response.setHeader("content-type", "application/json");
  response.end(`${JSON.stringify({ method, path, headers, body }, null, 2)}\n`);
}

// A request that is cut off has nobody to answer to.
const server = createServer((request, response) => echo(request, response).catch(() => response.destroy()));

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? "0.0.0.0", () => {
  console.log(`echo listens on port ${server.address().port}`);
});
