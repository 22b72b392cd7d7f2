import { describe, expect, test } from "vitest";
import { accessLogFormat, accessLogValues, type LogRecord, RecordReader } from "./log.ts";
import { wasmEvent } from "./wasm-log.ts";

/** What a reader makes of a text that comes in chunks of `size` bytes. */
function read(text: string, size: number): LogRecord[] {
  const records: LogRecord[] = [];
  const reader = new RecordReader((record) => records.push(record));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  reader.finish();
  return records;
}

describe("records", () => {
  const text =
    "\x1einfo\x1f7\x1fmain\x1fstarts\x1d\n\x1ewarning\x1f8\x1fwasm\x1ftwo\nlines, é\x1d\nAborted\n\n\x1eerror\x1f7\x1fhttp\x1f\x1d\n";

  test.each([1, 2, 7, 1000])("are read in chunks of %i bytes", (size) => {
    expect(read(text, size)).toEqual([
      { level: "info", thread: "7", logger: "main", message: "starts" },
      { level: "warning", thread: "8", logger: "wasm", message: "two\nlines, é" },
      { level: "error", thread: "", logger: "", message: "Aborted" },
      { level: "error", thread: "7", logger: "http", message: "" },
    ]);
  });

  test("may hold the separators", () => {
    expect(read("\x1einfo\x1f7\x1fwasm\x1fa\x1db\x1ec\x1fd\x1d\n", 3)).toEqual([
      { level: "info", thread: "7", logger: "wasm", message: "a\x1db\x1ec\x1fd" },
    ]);
  });

  test("that are cut off are told as text", () => {
    expect(read("\x1einfo\x1f7\x1fmain\x1fsta", 5)).toEqual([
      { level: "error", thread: "", logger: "", message: "\x1einfo\x1f7\x1fmain\x1fsta" },
    ]);
  });

  test("of access logs have the values of their operators", () => {
    const [record] = read(accessLogFormat(["stream", "200", "via_upstream"]), 9);
    expect(record?.logger).toBe("access");
    expect(record && accessLogValues(record)).toEqual(["stream", "200", "via_upstream"]);
  });
});

describe("the wasm logger", () => {
  const event = (message: string) => wasmEvent({ level: "trace", thread: "1", logger: "wasm", message });

  test.each([
    ["wasm log auth root vm: a: b\nc", { kind: "log", level: "trace", message: "a: b\nc" }],
    ["wasm log a:b ns/r:1: text: more", { kind: "log", level: "trace", message: "text: more" }],
    ["wasm log: no prefix", { kind: "log", level: "trace", message: "no prefix" }],
    [
      "[host->vm] proxy_on_request_headers(2, 5, 1)",
      { kind: "call", name: "proxy_on_request_headers", arguments: [2, 5, 1] },
    ],
    ["[host->vm] _initialize()", { kind: "call", name: "_initialize", arguments: [] }],
    ["[host<-vm] proxy_on_request_headers return: 4", { kind: "return", name: "proxy_on_request_headers", result: 4 }],
    ["[host<-vm] proxy_on_log return: void", { kind: "return", name: "proxy_on_log" }],
    ["[vm->host] env.proxy_log(2, 4688, 8)", { kind: "hostCall", name: "env.proxy_log", arguments: [2, 4688, 8] }],
    [
      "Function: proxy_on_log failed: Uncaught RuntimeError: unreachable",
      { kind: "failure", message: "Function: proxy_on_log failed: Uncaught RuntimeError: unreachable" },
    ],
    ["[vm<-host] env.proxy_log return: 0", { kind: "hostReturn", name: "env.proxy_log", result: 0 }],
    ["Thread-Local Wasm created 2 now active", null],
  ])("says %j", (message, expected) => {
    expect(event(message)).toEqual(expected);
  });

  test("is the only one listened to", () => {
    expect(wasmEvent({ level: "info", thread: "1", logger: "main", message: "wasm log: x" })).toBeNull();
  });
});
