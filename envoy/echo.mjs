/** An upstream for trying filters: answers every request with itself, as JSON. Port: `PORT`, default 8080. */
import { createServer } from "node:http";

const server = createServer(async (request, response) => {
  const { method, url: path, headers } = request;
  const body = Buffer.concat(await request.toArray()).toString();
  response.setHeader("content-type", "application/json");
  response.end(`${JSON.stringify({ method, path, headers, body }, null, 2)}\n`);
});

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? "0.0.0.0", () => {
  console.log(`echo listens on port ${server.address().port}`);
});
