import { expect, test } from "vitest";
import type { LogRecord } from "./log.ts";
import { refusal } from "./refusal.ts";

const record = (message: string): LogRecord => ({ level: "critical", message }) as LogRecord;

test("what is wrong is told, and not the configuration that it is wrong with", () => {
  const dump = 'goo.gle/debugonly  config { configuration { value: "a secret" } }\n';
  const said = "Proto constraint validation failed (WasmValidationError.Config: embedded message failed validation)";
  const message = `error initializing configuration '/tmp/a/bootstrap.json': ${dump}: ${said}`;
  expect(refusal([record(message)])).toBe(said);
  expect(refusal([record(`Unable to read ${dump}`)])).toBe("Unable to read ...");
});

test("its own words stay, on one line", () => {
  expect(refusal([record("no such\n  cluster")])).toBe("no such cluster");
});
