/** Times to the millisecond, and what providers publish, on the host's clock. The module must have been built. */
import { createHmac } from "node:crypto";
import { ManualClock } from "@proxy-wasm-kit/host";
import { hostEngine, type ProxyRequest } from "@proxy-wasm-kit/testing";
import { describe, expect, test } from "vitest";

const key = "a key of the tests, long enough";

async function send(now: Date, rule: Record<string, unknown>, request: ProxyRequest) {
  const configuration = { rules: [{ keys: [{ value: key }], ...rule }] };
  const proxy = await hostEngine.start({
    filters: [{ name: "hmac-auth", wasm: "dist/hmac-auth.wasm", configuration }],
    clock: new ManualClock(now),
  });
  try {
    const { outcome, details, failures, logs } = await proxy.send({ method: "POST", ...request });
    expect(failures).toEqual([]);
    return { outcome, reason: details?.replace("hmac_auth:", ""), logs: logs.map(({ message }) => message) };
  } finally {
    await proxy.close();
  }
}

const at = 1_700_000_000_000;
const seconds = { tolerance_seconds: 10 };
const stamped = (unit: "s" | "ms", written: string, now: number) =>
  send(
    new Date(now),
    {
      scheme: {
        header: "x-sig",
        string_to_sign: "{timestamp}.{body}",
        timestamp: { header: "x-time", unit, ...seconds },
      },
    },
    {
      headers: [
        ["x-time", written],
        ["x-sig", createHmac("sha256", key).update(`${written}.b`).digest("hex")],
      ],
      body: "b",
    },
  );

describe("a time is fresh as long as the tolerance, before and after, to the millisecond", () => {
  test.each([
    ["s", at / 1000, 0, "forwarded", "via_upstream"],
    ["s", at / 1000, 10_000, "forwarded", "via_upstream"],
    ["s", at / 1000, 10_001, "local", "timestamp_too_old"],
    ["s", at / 1000, -10_000, "forwarded", "via_upstream"],
    ["s", at / 1000, -10_001, "local", "timestamp_in_future"],
    ["ms", at + 1, 10_001, "forwarded", "via_upstream"],
    ["ms", at + 1, 10_002, "local", "timestamp_too_old"],
    ["ms", at - 1, -10_001, "forwarded", "via_upstream"],
    ["ms", at - 1, -10_002, "local", "timestamp_in_future"],
  ] as const)("%s %i, %i ms later: %s %s", async (unit, written, later, outcome, reason) => {
    expect(await stamped(unit, String(written), at + later)).toMatchObject({ outcome, reason });
  });
});

test.each([
  "",
  "0",
  "01700000000",
  "+1700000000",
  "-1700000000",
  "1700000000.0",
  "1 700000000",
  "1.7e9",
  "1700000000s",
  "0x6553f100",
  "1700000000000000",
  "99999999999999999999",
  "１７",
  "1700000000,1700000000",
])("%j is no time", async (written) => {
  const { reason } = await stamped("s", Buffer.from(written).toString("latin1"), at);
  expect(reason).toBe(written === "" ? "missing_timestamp" : "malformed_timestamp");
});

test("the largest time that can be written is only too far ahead", async () => {
  expect((await stamped("s", "999999999999999", at)).reason).toBe("timestamp_in_future");
  expect((await stamped("s", "1", at)).reason).toBe("timestamp_too_old");
});

test("a host without clock has nothing fresh, and says so", async () => {
  const { reason, logs } = await stamped("s", "1", 0);
  expect(reason).toBe("timestamp_in_future");
  expect(logs.join()).toContain("the host gives no time");
});

describe("what providers publish", () => {
  const slackBody =
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar" +
    "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com" +
    "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d1" +
    "0d2c447fce8b6703c";

  test("Slack, Verifying requests from Slack", async () => {
    const request: ProxyRequest = {
      headers: [
        ["x-slack-request-timestamp", "1531420618"],
        ["x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"],
      ],
      body: slackBody,
    };
    const rule = { scheme: "slack", keys: [{ value: "8f742231b10e8888abcd99yyyzzz85a5" }] };
    expect(await send(new Date(1531420618_000), rule, request)).toMatchObject({ outcome: "forwarded" });
    expect((await send(new Date(), rule, request)).reason).toBe("timestamp_too_old");
  });

  test("Standard Webhooks, the specification's example", async () => {
    const request: ProxyRequest = {
      headers: [
        ["webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"],
        ["webhook-timestamp", "1614265330"],
        ["webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
      ],
      body: '{"test": 2432232314}',
    };
    const rule = { scheme: "standard-webhooks", keys: [{ value: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" }] };
    expect(await send(new Date(1614265330_000), rule, request)).toMatchObject({ outcome: "forwarded" });
    expect((await send(new Date(1614265330_000), rule, { ...request, body: "{}" })).reason).toBe("signature_mismatch");
  });

  test("Twilio, Webhooks security", async () => {
    const request: ProxyRequest = {
      path: "/myapp.php?foo=1&bar=2",
      headers: [
        ["content-type", "application/x-www-form-urlencoded"],
        ["x-twilio-signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="],
      ],
      body: "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
    };
    const rule = { scheme: "twilio", public_base_url: "https://mycompany.com", keys: [{ value: "12345" }] };
    expect(await send(new Date(), rule, request)).toMatchObject({ outcome: "forwarded" });
  });

  test("AWS, get-vanilla-query of the test suite, as a signed URL", async () => {
    const at = new Date("2015-08-30T12:36:00Z");
    const path =
      "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request" +
      "&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Expires=3600" +
      "&X-Amz-Signature=e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d";
    const request: ProxyRequest = { method: "GET", path, authority: "example.amazonaws.com" };
    const keys = [{ value: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }];
    const consumers = [{ name: "suite", key_id: "AKIDEXAMPLE", keys }];
    const rule = { scheme: "aws-sigv4", region: "us-east-1", service: "service", consumers, keys: undefined };
    const later = (seconds: number) => new Date(at.getTime() + seconds * 1000);
    expect(await send(later(3600), rule, request)).toMatchObject({ outcome: "forwarded" });
    expect((await send(later(3601), rule, request)).reason).toBe("timestamp_too_old");
    expect(await send(later(-900), rule, request)).toMatchObject({ outcome: "forwarded" });
    expect((await send(later(-901), rule, request)).reason).toBe("timestamp_in_future");
  });
});
