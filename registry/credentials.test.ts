import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dockerCredentials } from "./credentials.ts";

let folder: string;
let environment: NodeJS.ProcessEnv;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-credentials-"));
  const bin = join(folder, "bin");
  await mkdir(bin);
  environment = { PATH: `${bin}${delimiter}${process.env.PATH}` };
  // Answers by the server it is asked for, as real ones do.
  const helper = `#!/bin/sh
read -r server
[ "$1" = get ] || exit 3
case "$server" in
  registry.example) echo '{"ServerURL":"registry.example","Username":"me","Secret":"from helper"}' ;;
  azure.example) echo '{"ServerURL":"azure.example","Username":"<token>","Secret":"refresh"}' ;;
  https://index.docker.io/v1/) echo '{"Username":"hub","Secret":"hub secret"}' ;;
  broken.example) echo 's3cret, and no JSON' ;;
  locked.example) echo 's3cret is locked'; exit 1 ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
`;
  await writeFile(join(bin, "docker-credential-fake"), helper);
  await chmod(join(bin, "docker-credential-fake"), 0o755);
});
afterAll(() => rm(folder, { recursive: true }));

async function lookUp(host: string, config: unknown) {
  const directory = join(folder, String(count++));
  await mkdir(directory);
  await writeFile(join(directory, "config.json"), typeof config === "string" ? config : JSON.stringify(config));
  return dockerCredentials(host, { ...environment, DOCKER_CONFIG: directory });
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const password = (username: string, text: string) => ({ kind: "password", username, password: text });

test.each([
  ["registry.example", { "registry.example": { auth: base64("me:a:b") } }, password("me", "a:b")],
  ["registry.example:5000", { "registry.example:5000": { auth: base64("me:x") } }, password("me", "x")],
  ["registry.example", { "https://registry.example/v2/": { auth: base64("me:x") } }, password("me", "x")],
  ["registry.example", { "registry.example": { username: "me", password: "x" } }, password("me", "x")],
  ["docker.io", { "https://index.docker.io/v1/": { auth: base64("me:x") } }, password("me", "x")],
  [
    "registry.example",
    { "registry.example": { auth: base64("me:x"), identitytoken: "t" } },
    { kind: "identityToken", token: "t" },
  ],
  ["registry.example", { "registry.example": { registrytoken: "t" } }, { kind: "registryToken", token: "t" }],
])("%s in the file: %j", async (host, auths, secret) => {
  expect((await lookUp(host, { auths }))?.secret).toEqual(secret);
});

test.each([
  ["another port", "registry.example:1", { auths: { "registry.example": { auth: base64("me:x") } } }],
  ["a name that ends alike", "registry.example", { auths: { "my-registry.example": { auth: base64("me:x") } } }],
  ["a name that every object has", "constructor", { auths: {}, credHelpers: {} }],
  ["an entry that docker login left to a store", "registry.example", { auths: { "registry.example": {} } }],
  ["a helper that knows nothing", "unknown.example", { credsStore: "fake" }],
  ["nothing", "registry.example", {}],
])("%s has none", async (_, host, config) => {
  expect(await lookUp(host, config)).toBeNull();
});

test("no file, no credentials", async () => {
  expect(await dockerCredentials("registry.example", { DOCKER_CONFIG: join(folder, "none") })).toBeNull();
});

test("helpers are asked: that of the host before that of all", async () => {
  const fromHelper = password("me", "from helper");
  const found = await lookUp("registry.example", {
    credHelpers: { "registry.example": "fake" },
    credsStore: "absent",
    auths: { "registry.example": { auth: base64("me:from file") } },
  });
  expect(found?.secret).toEqual(fromHelper);
  expect(found?.source).toMatch(/^docker-credential-fake \(/);
  expect((await lookUp("registry.example", { credsStore: "fake" }))?.secret).toEqual(fromHelper);
  expect((await lookUp("docker.io", { credsStore: "fake" }))?.secret).toEqual(password("hub", "hub secret"));
  const azure = await lookUp("azure.example", { credsStore: "fake" });
  expect(azure?.secret).toEqual({ kind: "identityToken", token: "refresh" });
});

test("a helper that knows nothing leaves it to the file", async () => {
  const auths = { "unknown.example": { auth: base64("me:x") } };
  expect((await lookUp("unknown.example", { credsStore: "fake", auths }))?.secret).toEqual(password("me", "x"));
});

test.each([
  ["the file is not JSON", "registry.example", '{"auths":{"registry.example":{"auth":s3cret', "expected a JSON object"],
  [
    "auth has no colon",
    "registry.example",
    { auths: { "registry.example": { auth: base64("s3cret") } } },
    "user:password",
  ],
  [
    "the helper is absent",
    "registry.example",
    { credsStore: "absent" },
    "docker-credential-absent, which cannot be run",
  ],
  ["its name is a path", "registry.example", { credsStore: "../s" }, "expected the name of a credential helper"],
  ["the helper fails", "locked.example", { credsStore: "fake" }, "docker-credential-fake: failed with exit code 1"],
  ["the helper says no JSON", "broken.example", { credsStore: "fake" }, "expected JSON with Username and Secret"],
])("%s: the message says so, and no secret", async (_, host, config, message) => {
  const error = await lookUp(host, config).catch((caught: Error) => caught);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toContain(message);
  expect((error as Error).message).not.toContain("s3cret");
});
