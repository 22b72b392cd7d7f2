/** A TCP client that sends what it is told and reports what came back, and how it ended. */
import { once } from "node:events";
import { connect } from "node:net";
import type { TcpExchange, TcpRequest } from "./types.ts";

/** Ends with the connection, or after `patienceMs`. */
export async function sendTcp(
  port: number,
  { pieces = [], unfinished = false }: TcpRequest,
  patienceMs: number,
): Promise<Pick<TcpExchange, "received" | "end">> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  const received: Buffer[] = [];
  let end: TcpExchange["end"] = "open";
  socket.on("data", (piece: Buffer) => received.push(piece));
  socket.on("end", () => {
    end = "closed";
    socket.end();
  });
  socket.on("error", () => {
    if (end === "open") end = "reset";
  });
  const closed = new Promise((resolve) => socket.on("close", resolve));
  const timer = setTimeout(() => socket.destroy(), patienceMs);
  await Promise.race([once(socket, "connect"), closed]);
  for (const piece of pieces) {
    await new Promise<void>((resolve) => {
      socket.write(piece, () => resolve());
    });
  }
  if (!unfinished) socket.end();
  await closed;
  clearTimeout(timer);
  return { received: Buffer.concat(received), end };
}
