import { describe, expect, test } from "vitest";
import { EnvoyCrash } from "./index.ts";
import { head, stage } from "./test/puppet.ts";

/** What a request comes to when the callback runs these commands. */
async function outcome(callback: string, ...commands: string[]): Promise<string> {
  const { host } = await stage(commands.map((command) => `${callback} ${command}`).join("\n"));
  try {
    const { outcome, status } = await host.send(head());
    return `${outcome} ${status}`;
  } catch (error) {
    if (error instanceof EnvoyCrash) return "crash";
    throw error;
  }
}

const [close, answer] = ["close 0", "respond 401 no"];

// Observed on Envoy 1.39.3, which for some of these ends now and then only: it uses what it has freed.
describe("a stream that a callback ends twice ends Envoy", () => {
  test.each(["request_headers", "response_headers", "response_body"])("in %s", async (callback) => {
    expect(await outcome(callback, close, "close 1")).toBe("crash");
    expect(await outcome(callback, close, answer)).toBe("crash");
    expect(await outcome(callback, answer, close)).toBe("crash");
  });

  test("but a request may be answered twice, and the first answer counts", async () => {
    expect(await outcome("request_headers", answer, "respond 402 no")).toBe("local 401");
    expect(await outcome("response_headers", answer, "respond 402 no")).toBe("crash");
  });

  test("but resuming what is closed does nothing", async () => {
    expect(await outcome("request_headers", close, "continue 0")).toBe("reset 0");
    expect(await outcome("response_headers", close, "continue 1")).toBe("reset 0");
  });
});

test("resuming a response that has not begun ends Envoy", async () => {
  expect(await outcome("request_headers", "continue 1")).toBe("crash");
  expect(await outcome("request_headers", close, "continue 1")).toBe("crash");
});

test.each(["log", "done", "delete"])(
  "ending a stream in proxy_on_%s ends Envoy, resuming it does not",
  async (phase) => {
    expect(await outcome(phase, close)).toBe("crash");
    expect(await outcome(phase, answer)).toBe("crash");
    expect(await outcome(phase, "continue 0", "continue 1")).toBe("forwarded 200");
  },
);
