/** hmac-auth: every preset, with what its provider documents made by node:crypto. All of them share one configuration. */
import { createHash, createHmac } from "node:crypto";
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario } from "../scenario.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

/** One delivery before it is signed. */
interface Delivery {
  readonly body: string;
  readonly key: Buffer;
  /** Milliseconds. */
  readonly now: number;
  readonly id: string;
  readonly path: string;
  /** The time as it is written; by default `now` in the provider's unit. */
  readonly time?: string;
}

interface Provider {
  readonly name: string;
  /** The header with the signature. */
  readonly header: string;
  /** How the key is written in the configuration, and what the provider makes of it. */
  readonly secrets: readonly [newest: string, older: string];
  readonly keyOf: (secret: string) => Buffer;
  /** The MAC, in the text the provider writes it in. */
  readonly mac: (delivery: Delivery) => string;
  /** The value of the header, for one MAC or several. */
  readonly value: (macs: readonly string[], delivery: Delivery) => string;
  /** What goes with it: the time, the id, the content type. */
  readonly others?: (delivery: Delivery) => HeaderLine[];
  readonly prefix?: string;
  readonly manySignatures?: boolean;
  readonly time?: {
    readonly header?: string;
    readonly inBody?: boolean;
    readonly unit: 1 | 1000;
    readonly tolerance: number;
  };
  readonly id?: string;
  readonly acceptsEmptyBody?: boolean;
  readonly body?: (now: number) => string;
}

const utf8 = (secret: string) => Buffer.from(secret);
const whsec = (secret: string) => Buffer.from(secret.replace(/^whsec_/, ""), "base64");
const timeOf = ({ now, time }: Delivery, unit: 1 | 1000 = 1) =>
  time ?? String(Math.floor(now / (unit === 1 ? 1000 : 1)));
const hmac = (algorithm: string, key: Buffer, ...parts: (string | Buffer)[]) => {
  const mac = createHmac(algorithm, key);
  for (const part of parts) mac.update(part);
  return mac;
};
const text = (key: string): readonly [string, string] => [`the newest key of ${key}`, `an older key of ${key}`];

/** A signature over the body alone, after an optional prefix. */
const overBody = (
  name: string,
  header: string,
  algorithm: string,
  encoding: "hex" | "base64",
  prefix = "",
): Provider => ({
  name,
  header,
  secrets: text(name),
  keyOf: utf8,
  mac: ({ key, body }) => hmac(algorithm, key, body).digest(encoding),
  value: ([mac]) => prefix + mac,
  prefix,
});

/** Elements `key<pair>value` in one header. */
const inList = (
  name: string,
  header: string,
  marks: { separator: string; time?: string; signature: string; between?: string },
  time?: Provider["time"],
): Provider => ({
  name,
  header,
  secrets: text(name),
  keyOf: utf8,
  mac: (delivery) =>
    hmac("sha256", delivery.key, marks.time ? `${timeOf(delivery)}${marks.between}` : "", delivery.body).digest("hex"),
  value: (macs, delivery) =>
    [
      ...(marks.time ? [`${marks.time}=${timeOf(delivery)}`] : []),
      ...macs.map((mac) => `${marks.signature}=${mac}`),
    ].join(marks.separator),
  manySignatures: true,
  ...(time && { time }),
});

const versioned = (name: string, header: string, timeHeader: string): Provider => ({
  name,
  header,
  secrets: text(name),
  keyOf: utf8,
  mac: (delivery) => hmac("sha256", delivery.key, `v0:${timeOf(delivery)}:`, delivery.body).digest("hex"),
  value: ([mac]) => `v0=${mac}`,
  others: (delivery) => [[timeHeader, timeOf(delivery)]],
  prefix: "v0=",
  time: { header: timeHeader, unit: 1, tolerance: 300 },
});

const standard = (name: string, prefix: string): Provider => ({
  name,
  header: `${prefix}-signature`,
  secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
  keyOf: whsec,
  mac: (delivery) =>
    hmac("sha256", delivery.key, `${delivery.id}.${timeOf(delivery)}.`, delivery.body).digest("base64"),
  value: (macs) => macs.map((mac) => `v1,${mac}`).join(" "),
  others: (delivery) => [
    [`${prefix}-id`, delivery.id],
    [`${prefix}-timestamp`, timeOf(delivery)],
  ],
  manySignatures: true,
  time: { header: `${prefix}-timestamp`, unit: 1, tolerance: 300 },
  id: `${prefix}-id`,
});

const origin = "https://hooks.example.com";

const providers: readonly Provider[] = [
  overBody("github", "X-Hub-Signature-256", "sha256", "hex", "sha256="),
  overBody("meta", "X-Hub-Signature-256", "sha256", "hex", "sha256="),
  overBody("intercom", "X-Hub-Signature", "sha1", "hex", "sha1="),
  inList(
    "stripe",
    "Stripe-Signature",
    { separator: ",", time: "t", signature: "v1", between: "." },
    { unit: 1, tolerance: 300 },
  ),
  versioned("slack", "X-Slack-Signature", "X-Slack-Request-Timestamp"),
  versioned("zoom", "x-zm-signature", "x-zm-request-timestamp"),
  overBody("shopify", "X-Shopify-Hmac-SHA256", "sha256", "base64"),
  standard("standard-webhooks", "webhook"),
  standard("svix", "svix"),
  {
    ...overBody("twilio", "X-Twilio-Signature", "sha1", "base64"),
    // A form of one pair, whose name and value are joined.
    mac: ({ key, path, body }) =>
      hmac("sha1", key, origin, path, decodeURIComponent(body.replace("=", ""))).digest("base64"),
    others: () => [["content-type", "application/x-www-form-urlencoded"]],
    body: () => "Body=hello%21",
    acceptsEmptyBody: true,
  },
  {
    ...overBody("square", "x-square-hmacsha256-signature", "sha256", "base64"),
    mac: ({ key, path, body }) => hmac("sha256", key, origin, path, body).digest("base64"),
    acceptsEmptyBody: true,
  },
  overBody("dropbox", "X-Dropbox-Signature", "sha256", "hex"),
  {
    ...overBody("linear", "Linear-Signature", "sha256", "hex"),
    body: (now) => `{"action":"create","webhookTimestamp":${now},"data":{"webhookTimestamp":1}}`,
    time: { inBody: true, unit: 1000, tolerance: 60 },
  },
  inList("pagerduty", "X-PagerDuty-Signature", { separator: ",", signature: "v1" }),
  inList(
    "paddle",
    "Paddle-Signature",
    { separator: ";", time: "ts", signature: "h1", between: ":" },
    { unit: 1, tolerance: 5 },
  ),
  {
    ...overBody("hubspot-v3", "X-HubSpot-Signature-v3", "sha256", "base64"),
    mac: (delivery) =>
      hmac("sha256", delivery.key, `POST${origin}${delivery.path}`, delivery.body, timeOf(delivery, 1000)).digest(
        "base64",
      ),
    others: (delivery) => [["X-HubSpot-Request-Timestamp", timeOf(delivery, 1000)]],
    time: { header: "X-HubSpot-Request-Timestamp", unit: 1000, tolerance: 300 },
    acceptsEmptyBody: true,
  },
  overBody("vercel", "x-vercel-signature", "sha1", "hex"),
  overBody("woocommerce", "X-WC-Webhook-Signature", "sha256", "base64"),
  {
    ...overBody("webflow", "x-webflow-signature", "sha256", "hex"),
    mac: (delivery) => hmac("sha256", delivery.key, `${timeOf(delivery, 1000)}:`, delivery.body).digest("hex"),
    others: (delivery) => [["x-webflow-timestamp", timeOf(delivery, 1000)]],
    time: { header: "x-webflow-timestamp", unit: 1000, tolerance: 300 },
    acceptsEmptyBody: true,
  },
  inList(
    "elevenlabs",
    "ElevenLabs-Signature",
    { separator: ",", time: "t", signature: "v0", between: "." },
    { unit: 1, tolerance: 1800 },
  ),
];

const setUp = {
  ...withConfiguration({
    public_base_url: origin,
    rules: providers.map(({ name, secrets: [newest, older] }) => ({
      id: name,
      match: { path_prefix: `/${name}` },
      scheme: name,
      keys: [
        { id: "newest", value: newest },
        { id: "older", value: older },
      ],
    })),
  }),
  secrets: providers.flatMap(({ secrets }) => secrets),
};

/** What a scenario does to a delivery that would pass. */
interface Change {
  readonly delivery?: (delivery: Delivery, provider: Provider) => Partial<Delivery>;
  /** MACs in place of the right one. */
  readonly macs?: (mac: string, delivery: Delivery, provider: Provider) => readonly string[];
  readonly lines?: (lines: readonly HeaderLine[], provider: Provider) => HeaderLine[];
  /** What is sent in place of the body that was signed. */
  readonly body?: (body: string) => ProxyRequest["body"];
}

const bodyOf = ({ body }: Provider, now: number) => body?.(now) ?? '{"event":"it happened","number":7}';

/** Signed when it is sent: some must be there within seconds. */
function requestOf(provider: Provider, change: Change): ProxyRequest {
  const now = Date.now();
  const plain: Delivery = {
    body: bodyOf(provider, now),
    key: provider.keyOf(provider.secrets[0]),
    now,
    id: "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
    path: `/${provider.name}/events?a=1&b=%20`,
  };
  const delivery = { ...plain, ...change.delivery?.(plain, provider) };
  const mac = provider.mac(delivery);
  const macs = change.macs?.(mac, delivery, provider) ?? [mac];
  const lines: HeaderLine[] = [
    [provider.header, provider.value(macs, delivery)],
    ...(provider.others?.(delivery) ?? []),
  ];
  const body = change.body === undefined ? delivery.body : change.body(delivery.body);
  return {
    method: "POST",
    path: delivery.path,
    headers: change.lines?.(lines, provider) ?? lines,
    ...(body !== undefined && { body }),
  };
}

const passed: Expectation = { outcome: "forwarded", status: 200, metrics: { hmac_auth_verified: 1 } };
const refused = (reason: string): Expectation => ({
  outcome: "local",
  status: 401,
  details: `hmac_auth:${reason}`,
  headers: [["www-authenticate", 'HMAC realm="hmac"']],
  body: '{"error":"unauthorized"}',
  upstream: null,
  metrics: { [`hmac_auth_rejected_${reason}`]: 1, hmac_auth_verified: 0 },
});

const scenario = (provider: Provider, name: string, change: Change, expect: Expectation): RequestScenario => ({
  name: `hmac-auth: ${provider.name}: ${name}`,
  setUp,
  get request() {
    return requestOf(provider, change);
  },
  expect,
});

const without =
  (name: string) =>
  (lines: readonly HeaderLine[]): HeaderLine[] =>
    lines.filter(([other]) => other !== name);
const twice =
  (name: string) =>
  (lines: readonly HeaderLine[]): HeaderLine[] => [...lines, ...lines.filter(([other]) => other === name)];

/** For every provider. */
function common(provider: Provider): RequestScenario[] {
  const { header } = provider;
  const make = (name: string, change: Change, expect: Expectation) => scenario(provider, name, change, expect);
  const changed = (body: string) => body.replace(/[a-z](?=[^a-z]*$)/, (letter) => (letter === "x" ? "y" : "x"));
  return [
    make("what it sends passes", {}, passed),
    make(
      "what the older key signed passes",
      { delivery: (_, { keyOf, secrets }) => ({ key: keyOf(secrets[1]) }) },
      { ...passed, metrics: { hmac_auth_verified: 1, [`hmac_auth.key.${provider.name}.older.verified`]: 1 } },
    ),
    make(
      "another key is refused",
      { delivery: () => ({ key: utf8("no key of ours") }) },
      refused("signature_mismatch"),
    ),
    make("another body is refused", { body: changed }, refused("signature_mismatch")),
    make("a longer body is refused", { body: (body) => `${body} ` }, refused("signature_mismatch")),
    make("a body in pieces passes", { body: (body) => [body.slice(0, 3), body.slice(3)] }, passed),
    make("no signature is refused", { lines: without(header) }, refused("missing_signature")),
    make("two lines of the signature are refused", { lines: twice(header) }, refused("duplicate_header")),
    make("a truncated signature is refused", { macs: (mac) => [mac.slice(0, -4)] }, refused("malformed_signature")),
    make(
      "a signature in capitals, or with another digit, is refused",
      { macs: (mac) => [mac.replace(/[a-z]/, (letter) => letter.toUpperCase())] },
      refused(/base64/.test(encodingOf(provider)) ? "signature_mismatch" : "malformed_signature"),
    ),
    make(
      "the other encoding is refused",
      { macs: (mac) => [recoded(mac, encodingOf(provider))] },
      refused("malformed_signature"),
    ),
    make(
      "no body is refused",
      {
        delivery: () => ({ body: "" }),
        body: () => undefined,
        lines: (lines) => lines.filter(([n]) => n !== "content-type"),
      },
      (provider.time !== undefined && !provider.time.inBody) || provider.acceptsEmptyBody
        ? passed
        : refused("empty_body"),
    ),
  ];
}

function encodingOf(provider: Provider): "hex" | "base64" {
  const mac = provider.mac({ body: "a=b", key: utf8("k"), now: 1, id: "i", path: "/" });
  return /^[0-9a-f]{40,64}$/.test(mac) ? "hex" : "base64";
}

const recoded = (mac: string, encoding: "hex" | "base64") =>
  Buffer.from(mac, encoding).toString(encoding === "hex" ? "base64" : "hex");

function ofPrefixes(provider: Provider): RequestScenario[] {
  if (!provider.prefix) return [];
  const bare = (lines: readonly HeaderLine[]): HeaderLine[] =>
    lines.map(([name, value]) => [name, name === provider.header ? value.slice(value.indexOf("=") + 1) : value]);
  const loud = (lines: readonly HeaderLine[]): HeaderLine[] =>
    lines.map(([name, value]) => [name, name === provider.header ? value.toUpperCase() : value]);
  return [
    scenario(provider, "no prefix is refused", { lines: bare }, refused("malformed_signature")),
    scenario(provider, "a prefix in capitals is refused", { lines: loud }, refused("malformed_signature")),
  ];
}

function ofLists(provider: Provider): RequestScenario[] {
  if (!provider.manySignatures) return [];
  const wrong = (delivery: Delivery) => provider.mac({ ...delivery, key: utf8("no key of ours") });
  const other = (lines: readonly HeaderLine[], value: (value: string) => string): HeaderLine[] =>
    lines.map(([name, old]) => [name, name === provider.header ? value(old) : old]);
  const make = (name: string, change: Change, expect: Expectation) => scenario(provider, name, change, expect);
  const blank = provider.id === undefined ? (value: string) => value.replace(/([,;])(?=v|h)|^(?=v)/, "$1 ") : undefined;
  return [
    make("a right signature behind a wrong one passes", { macs: (mac, delivery) => [wrong(delivery), mac] }, passed),
    make("a signature that is none beside a right one passes", { macs: (mac) => ["zz", mac] }, passed),
    make("16 signatures pass", { macs: (mac, d) => [...Array.from({ length: 15 }, () => wrong(d)), mac] }, passed),
    make(
      "17 signatures are refused, even with the right one first",
      { macs: (mac, delivery) => [mac, ...Array.from({ length: 16 }, () => wrong(delivery))] },
      refused("too_many_signatures"),
    ),
    make("several signatures that are none are refused", { macs: () => ["zz", "yy"] }, refused("malformed_signature")),
    make("a list without signature is refused", { macs: () => [] }, refused("missing_signature")),
    make(
      "a value that is no list is refused",
      { lines: (lines) => other(lines, () => "nothing") },
      refused("malformed_signature"),
    ),
    ...(blank
      ? [
          make(
            "blanks between elements are not trimmed",
            { lines: (lines) => other(lines, (value) => value.replace(/[,;]/, "$& ").replace(/^(v1=)/, "x,$& ")) },
            refused(provider.name === "pagerduty" ? "malformed_signature" : "missing_signature"),
          ),
        ]
      : []),
  ];
}

function ofTimes(provider: Provider): RequestScenario[] {
  const { time } = provider;
  if (time === undefined) return [];
  const make = (name: string, change: Change, expect: Expectation) => scenario(provider, name, change, expect);
  const { inBody } = time;
  /** Signed with that time, so that nothing but the time is wrong. */
  const at = (written: (now: number) => string): Change => ({
    delivery: ({ now }) => (inBody ? { body: `{"webhookTimestamp":${written(now)}}` } : { time: written(now) }),
  });
  const shifted = (seconds: number) =>
    at((now) => String(time.unit === 1 ? Math.floor(now / 1000) + seconds : now + seconds * 1000));
  const malformed = (name: string, written: (now: number) => string) =>
    make(`${name} is refused`, at(written), refused("malformed_timestamp"));
  const base = (now: number) => String(time.unit === 1 ? Math.floor(now / 1000) : now);
  return [
    make("a time that was long ago is refused", shifted(-time.tolerance - 5), refused("timestamp_too_old")),
    make("a time far ahead is refused", shifted(time.tolerance + 5), refused("timestamp_in_future")),
    make("a time a little ago passes", shifted(-Math.floor(time.tolerance / 2)), passed),
    make("a time a little ahead passes", shifted(Math.floor(time.tolerance / 2)), passed),
    malformed("a time with a fraction", (now) => `${base(now)}.0`),
    malformed("a time of 16 digits", (now) => base(now).padEnd(16, "0")),
    malformed("a negative time", (now) => `-${base(now)}`),
    malformed(inBody ? "a time in quotes" : "a time with a zero in front", (now) =>
      inBody ? `"${now}"` : `0${base(now)}`,
    ),
    make(
      "a time in the other unit is not guessed",
      at((now) => (time.unit === 1 ? String(now) : String(Math.floor(now / 1000)))),
      refused(time.unit === 1 ? "timestamp_in_future" : "timestamp_too_old"),
    ),
    ...(time.header === undefined
      ? []
      : [
          make("no time is refused", { lines: without(time.header) }, refused("missing_timestamp")),
          make("two times are refused", { lines: twice(time.header) }, refused("duplicate_header")),
          make(
            "another time than the signed one is refused",
            {
              lines: (lines) =>
                lines.map(([name, value]) => [name, name === time.header ? String(Number(value) + 1) : value]),
            },
            refused("signature_mismatch"),
          ),
        ]),
    ...(time.header === undefined && !inBody
      ? [
          make("no time is refused", { lines: dropTime }, refused("missing_timestamp")),
          make("two times are refused", { lines: repeatTime }, refused("malformed_timestamp")),
        ]
      : []),
  ];
}

const dropTime = (lines: readonly HeaderLine[]): HeaderLine[] =>
  lines.map(([name, value]) => [name, value.replace(/^ts?=\d+[,;]/, "")]);
const repeatTime = (lines: readonly HeaderLine[]): HeaderLine[] =>
  lines.map(([name, value]) => [name, value.replace(/^(ts?=\d+[,;])/, "$1$1")]);

function ofIds(provider: Provider): RequestScenario[] {
  const { id } = provider;
  if (id === undefined) return [];
  const make = (name: string, change: Change, expect: Expectation) => scenario(provider, name, change, expect);
  return [
    make("no id is refused", { lines: without(id) }, refused("missing_id")),
    make("two ids are refused", { lines: twice(id) }, refused("duplicate_header")),
    make("an id with a dot is refused", { delivery: () => ({ id: "msg.1" }) }, refused("malformed_id")),
    make(
      "a signature of another version is not looked at",
      { lines: (lines) => lines.map(([name, value]) => [name, value.replace("v1,", "v1a,")]) },
      refused("missing_signature"),
    ),
  ];
}

/** What only one of them has. */
const twilio = providers.find(({ name }) => name === "twilio") as Provider;
const json = '{"a":1}';
const digest = createHash("sha256").update(json).digest("hex");
const twilioJson = (path: string): Change => ({
  delivery: () => ({ path, body: "" }),
  body: () => json,
  lines: (lines) => lines.map(([name, value]) => [name, name === "content-type" ? "application/json" : value]),
});
const ports = (authority: string): Change => ({
  delivery: ({ path }) => ({ path }),
  macs: (_, delivery) => [
    hmac("sha1", delivery.key, `https://${authority}${delivery.path}`, "Bodyhello!").digest("base64"),
  ],
});
const onlyTwilio: readonly RequestScenario[] = [
  scenario(twilio, "JSON with its digest in the query passes", twilioJson(`/twilio?bodySHA256=${digest}`), passed),
  scenario(
    twilio,
    "JSON with another digest is refused",
    twilioJson(`/twilio?bodySHA256=${digest.replace(/^./, (d) => (d === "0" ? "1" : "0"))}`),
    refused("digest_mismatch"),
  ),
  scenario(
    twilio,
    "JSON with its digest in capitals is refused",
    twilioJson(`/twilio?bodySHA256=${digest.toUpperCase()}`),
    refused("digest_mismatch"),
  ),
  scenario(twilio, "JSON without digest is refused", twilioJson("/twilio?a=1"), refused("body_not_signed")),
  scenario(twilio, "the URL may be signed with its port", ports("hooks.example.com:443"), passed),
  scenario(twilio, "another port is refused", ports("hooks.example.com:8443"), refused("signature_mismatch")),
  scenario(
    twilio,
    "pairs are sorted, values too, and equal ones count once",
    {
      delivery: () => ({ body: "b=2&a=z&a=y&b=2&c=&%64+d=%2B" }),
      macs: (_, delivery) => [hmac("sha1", delivery.key, origin, delivery.path, "ayazb2cd d+").digest("base64")],
    },
    passed,
  ),
  scenario(
    twilio,
    // Envoy joins them, and the joined one is no form's.
    "two content types are refused",
    { lines: (lines) => [...lines, ["content-type", "application/json"]] },
    refused("signature_mismatch"),
  ),
];

export const hmacAuthPresets: readonly RequestScenario[] = [
  ...providers.flatMap((provider) => [
    ...common(provider),
    ...ofPrefixes(provider),
    ...ofLists(provider),
    ...ofTimes(provider),
    ...ofIds(provider),
  ]),
  ...onlyTwilio,
];
