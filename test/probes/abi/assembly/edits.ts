// Header maps and bodies, changed in every way.
import { Buffer, HeaderMap, Headers, log } from "@proxy-wasm-kit/sdk";

export namespace edits {
  export function headers(map: HeaderMap): void {
    const all = `${map.add("x-a", "2")} ${map.add("x-a", "3")} ${map.set("x-b", "é")} ${map.remove("x-c")}`;
    log.info(`${all}, ${map.getAll("x-a").join(",")}, ${map.has("x-c")}, ${map.byteSize > 0}`);
    // A line break would make two headers of one.
    log.info(`${map.set("x-d", "1\r\nx-e: 2")} ${map.add("x-d", "1\n")}`);
  }

  export function whole(map: HeaderMap): void {
    const lines = new Headers().with(":method", "PUT").with(":path", "/new").with(":authority", "new");
    // Without it Envoy finds no route.
    lines.with("x-forwarded-proto", "http");
    const tooMany = new Headers();
    for (let i = 0; i < 1025; ++i) tooMany.with("x-a", "1");
    log.info(`${map.replaceAll(tooMany)} ${map.replaceAll(lines.with(":scheme", "http").with("x-a", "1"))}`);
  }

  export function body(buffer: Buffer): void {
    const all = `${buffer.size} ${buffer.bytes(1, 2).byteLength} ${buffer.bytes(99).byteLength}`;
    const prepended = buffer.prepend(String.UTF8.encode("<"));
    log.info(`${all} ${prepended} ${buffer.append(String.UTF8.encode(">"))} ${buffer.text()}`);
    log.info(`${buffer.replaceText("[" + buffer.text() + "]")}`);
  }
}
