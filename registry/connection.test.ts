/** How a registry is reached, and what it gets of Docker's credentials. */
import { afterEach, expect, test } from "vitest";
import type { Secret } from "./credentials.ts";
import { parseReference } from "./reference.ts";
import { type Instead, named, plain, sampleImage, startRegistry, status } from "./test/memory-registry.ts";
import { answer, type ScriptedServer, startServer } from "./test/scripted-server.ts";
import { type Progress, pull, push, type TransferOptions } from "./transfer.ts";

const servers: ScriptedServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function registry(instead?: Instead): Promise<ScriptedServer> {
  const server = await startRegistry(sampleImage, instead);
  servers.push(server);
  return server;
}

const withSecret = (secret: Secret) => async () => ({ secret, source: "a test" });
const password: Secret = { kind: "password", username: "me", password: "s3cret" };

/** Wants a token of a server of its own, which gives another one each time. */
async function withTokens(accept: (request: { url: string; authorization: string; body: string }) => boolean) {
  let given = 0;
  const tokens = await startServer(({ url, headers, body }, response) => {
    const isGood = accept({ url, authorization: headers.authorization ?? "", body: body.toString() });
    if (isGood) answer(response, 200, {}, JSON.stringify({ token: `token-${++given}` }));
    else answer(response, 401, {}, JSON.stringify({ errors: [{ code: "DENIED", message: "no, s3cret is wrong" }] }));
  });
  servers.push(tokens);
  let valid = "token-1";
  const server = await registry(({ headers }, response) => {
    if (headers.authorization === `Bearer ${valid}`) return false;
    answer(response, 401, {
      "www-authenticate": `Bearer realm="http://${tokens.host}/token?a=b",service="the registry"`,
    });
    return true;
  });
  const expire = () => {
    valid = `token-${given + 1}`;
  };
  return { tokens, server, expire };
}

test("a token is fetched once, with the password, for this repository", async () => {
  const basic = `Basic ${Buffer.from("me:s3cret").toString("base64")}`;
  const { tokens, server } = await withTokens(({ authorization }) => authorization === basic);
  await push(named(server.host), sampleImage, { ...plain, credentials: withSecret(password) });
  expect(tokens.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "GET /token?a=b&service=the+registry&scope=repository%3Afilters%2Fsample%3Apull%2Cpush",
  ]);
  expect(server.asked.every(({ headers }) => !headers.authorization?.startsWith("Basic"))).toBe(true);
});

test("without credentials a token for anyone is asked for", async () => {
  const { tokens, server } = await withTokens(({ authorization }) => authorization === "");
  await pull(named(server.host), plain);
  expect(tokens.asked[0]?.url).toMatch(/scope=repository%3Afilters%2Fsample%3Apull$/);
});

test("an identity token is changed for a token", async () => {
  const { tokens, server } = await withTokens(
    ({ body }) => body.includes("refresh_token=refresh&") || body.endsWith("refresh_token=refresh"),
  );
  await pull(named(server.host), { ...plain, credentials: withSecret({ kind: "identityToken", token: "refresh" }) });
  expect(tokens.asked[0]?.method).toBe("POST");
  expect(tokens.asked[0]?.body.toString()).toContain("grant_type=refresh_token");
});

test("a registry token is sent as it is", async () => {
  const { tokens, server } = await withTokens(() => false);
  await pull(named(server.host), { ...plain, credentials: withSecret({ kind: "registryToken", token: "token-1" }) });
  expect(tokens.asked).toEqual([]);
});

test("a token that expires meanwhile is replaced", async () => {
  const { tokens, server, expire } = await withTokens(() => true);
  const onProgress = ({ kind }: Progress) => kind === "done" && tokens.asked.length === 1 && expire();
  await push(named(server.host), sampleImage, { ...plain, onProgress });
  expect(tokens.asked).toHaveLength(2);
});

const failureOf = (options: TransferOptions, host: string) =>
  pull(named(host), options).then(
    () => "",
    (error: Error) => error.message,
  );

test("wrong ones: the message says whose they are, and no secret", async () => {
  const { server } = await withTokens(() => false);
  const options = { ...plain, credentials: withSecret(password) };
  expect(await failureOf(options, server.host)).toBe(
    `${server.host}: 401: it refuses the credentials of a test: run docker login ${server.host} again`,
  );
  const basic = await registry(status(401, { "www-authenticate": 'Basic realm="x"' }));
  expect(await failureOf(options, basic.host)).toContain("401: it refuses the credentials of a test");
  expect(await failureOf(plain, basic.host)).toContain(
    "401: it wants credentials, and Docker's configuration has none",
  );
  const sso = await registry(status(401, { "www-authenticate": "Negotiate" }));
  expect(await failureOf(options, sso.host)).toContain("asks for neither Basic nor Bearer");
});

test("403 and 404 are told with the registry's words, without secrets and control characters", async () => {
  const says =
    (code: number, message: string): Instead =>
    ({ headers }, response) => {
      if (headers.authorization === undefined) answer(response, 401, { "www-authenticate": 'Basic realm="x"' });
      else answer(response, code, {}, JSON.stringify({ errors: [{ code: "DENIED", message }] }));
      return true;
    };
  const options = { ...plain, credentials: withSecret(password) };
  const denied = await failureOf(options, (await registry(says(403, "me:s3cret \u001b[31mmay not"))).host);
  expect(denied).toMatch(/403: is not allowed: DENIED me:… +\[31mmay not \(with the credentials of a test\)$/);
  expect(await failureOf(options, (await registry(says(404, "unknown"))).host)).toContain("404: is not there");
});

test("another host, to which a redirect leads, may ask for credentials in vain", async () => {
  const other = await startServer(({ url }, response) => {
    answer(response, 401, { "www-authenticate": `Bearer realm="http://${other.host}/token"` }, url);
  });
  servers.push(other);
  const { host } = await registry(({ url }, response) => {
    if (!url.includes("/blobs/")) return false;
    answer(response, 307, { location: `http://${other.host}/blob` });
    return true;
  });
  const message = await failureOf({ ...plain, credentials: withSecret(password) }, host);
  expect(message).toContain("401");
  expect(other.asked.map(({ url, headers }) => [url, headers.authorization])).toEqual([["/blob", undefined]]);
});

test("a server without TLS is not spoken to", async () => {
  const message = await failureOf({ ...plain, plainHttp: false }, (await registry()).host);
  expect(message).toMatch(/does not speak TLS \(.*\): give --plain-http/);
});

test("names that nobody knows and ports where nobody listens", async () => {
  await expect(pull(parseReference("oci://registry.invalid/a/b:1"), plain)).rejects.toThrow("the name is unknown");
  const gone = await startRegistry(sampleImage);
  await gone.close();
  await expect(pull(named(gone.host), plain)).rejects.toThrow("the connection failed (ECONNREFUSED) (tried 5 times)");
});
