import { expect, test } from "vitest";
import { celTable } from "../test/cel-table.ts";
import { head, stage } from "../test/puppet.ts";

const hex = (text: string) => Buffer.from(text).toString("hex");
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).toString("hex");
/** `{name: "typed", type: String}` */
const typed = "0a0574797065641801";

test("expressions have the values they have in Envoy", async () => {
  const evaluate = celTable.map(([expression]) => `request_headers foreign expr_create ${hex(expression)}`);
  const script = [
    `configure foreign declare_property ${typed}`,
    "request_headers set foo bar",
    "request_headers set typed str",
  ];
  const created = await stage([...script, ...evaluate].join("\n"));
  await created.host.send({ ...head(), path: "/p?q", headers: [["x-a", "1"]] });
  const tokens = created.logs().flatMap((line) => /expr_create (\d+) ?(\w*)/.exec(line)?.slice(1) ?? []);
  const steps = celTable.flatMap((_, at) => [
    evaluate[at],
    ...(tokens[at * 2] === "0" ? [`request_headers foreign expr_evaluate ${tokens[at * 2 + 1]}`] : []),
  ]);
  const { host, logs } = await stage([...script, ...steps].join("\n"));
  await host.send({ ...head(), path: "/p?q", headers: [["x-a", "1"]] });
  const results = logs().flatMap((line) => /expr_evaluate (.*)/.exec(line)?.[1]?.trim() ?? []);
  const outcomes = celTable.map(([expression], at) => [expression, tokens[at * 2] === "0" ? results.shift() : null]);
  expect(outcomes).toEqual(celTable);
});

test("tokens count from 0: a parse error takes none, an unknown function does", async () => {
  const create = (text: string) => `request_headers foreign expr_create ${hex(text)}\n`;
  const { host, logs, hostLogs } = await stage(create("1") + create("1 +") + create("nope()") + create("2"));
  await host.send(head());
  expect(logs()).toEqual([
    `request_headers foreign expr_create 0 ${u32(0)}`,
    "request_headers foreign expr_create 2 ",
    "request_headers foreign expr_create 2 ",
    `request_headers foreign expr_create 0 ${u32(2)}`,
  ]);
  expect(hostLogs).toEqual([
    expect.stringMatching(/^expr_create parse error: /),
    expect.stringMatching(/compile error/),
  ]);
});

test("expressions are there until they are deleted, for the whole plugin", async () => {
  const { host, logs } = await stage(
    `configure foreign expr_create ${hex('request.path == "/"')}\nconfigure foreign expr_evaluate ${u32(0)}\n` +
      `request_headers foreign expr_evaluate ${u32(0)}\nrequest_headers foreign expr_evaluate 00\n` +
      `request_headers foreign expr_delete ${u32(0)}\nrequest_headers foreign expr_evaluate ${u32(0)}\n` +
      `request_headers foreign expr_delete ${u32(0)}\nrequest_headers foreign expr_delete`,
  );
  await host.send(head());
  expect(
    logs()
      .slice(-7)
      .map((line) => line.replace(/.*expr_/, "")),
  ).toEqual(["evaluate 10 ", "evaluate 0 01", "evaluate 2 ", "delete 0 ", "evaluate 1 ", "delete 0 ", "delete 2 "]);
});
