/**
 * Credentials for registries, where `docker login` keeps them: $DOCKER_CONFIG/config.json and the helpers it names.
 * Source: github.com/docker/docker-credential-helpers, "Development"; docs.docker.com, "docker login".
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { RegistryFailure } from "./failure.ts";
import { isDockerHub } from "./reference.ts";

export type Secret =
  | { readonly kind: "password"; readonly username: string; readonly password: string }
  /** To be changed for a token at the registry's token server. */
  | { readonly kind: "identityToken"; readonly token: string }
  /** Sent to the registry as it is. */
  | { readonly kind: "registryToken"; readonly token: string };

export interface Credentials {
  readonly secret: Secret;
  /** Where they are from, for messages. */
  readonly source: string;
}

interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

export interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthEntry>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** A helper may have to ask a person. */
const helperMs = 120_000;

/** The file that `docker login` writes. */
export const dockerConfigFile = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(environment.DOCKER_CONFIG || join(homedir(), ".docker"), "config.json");

/** What Docker would use for a registry; null when it knows nothing. */
export async function dockerCredentials(
  host: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Credentials | null> {
  const file = dockerConfigFile(environment);
  const config = await readDockerConfig(file);
  // Docker Hub's name in these files is as old as Docker.
  const server = isDockerHub(host) ? "https://index.docker.io/v1/" : host;
  const helper = own(config.credHelpers, server) ?? own(config.credHelpers, host) ?? config.credsStore;
  const fromHelper = helper === undefined ? null : await askHelper(file, helper, server, environment);
  return fromHelper ?? fromFile(file, config, server);
}

/** Of a file that is not there: an empty one. */
export async function readDockerConfig(file: string): Promise<DockerConfig> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw new RegistryFailure(`${file}: cannot be read: ${(error as Error).message}`);
  }
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === "object" && config !== null) return config;
  } catch {
    // The parser's message would quote the file, and so perhaps a password.
  }
  throw new RegistryFailure(`${file}: expected a JSON object, found something else`);
}

const own = <T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined =>
  record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined;

/** "https://host/v1/" and "host" are the same registry. */
const hostOf = (server: string) => server.replace(/^https?:\/\//, "").replace(/\/.*$/, "");

function fromFile(file: string, { auths = {} }: DockerConfig, server: string): Credentials | null {
  const name = own(auths, server) ? server : Object.keys(auths).find((key) => hostOf(key) === hostOf(server));
  const entry = name === undefined ? undefined : auths[name];
  const secret =
    entry &&
    secretOf(entry, () => new RegistryFailure(`${file}: /auths/${name}/auth: expected user:password in base64`));
  return secret ? { secret, source: file } : null;
}

function secretOf(entry: AuthEntry, malformed: () => Error): Secret | null {
  if (entry.registrytoken) return { kind: "registryToken", token: entry.registrytoken };
  if (entry.identitytoken) return { kind: "identityToken", token: entry.identitytoken };
  // Docker writes "auth", and reads the two apart as well.
  if (!entry.auth) return entry.username ? password(entry.username, entry.password ?? "") : null;
  const decoded = Buffer.from(entry.auth, "base64").toString();
  const colon = decoded.indexOf(":");
  if (colon < 1) throw malformed();
  return password(decoded.slice(0, colon), decoded.slice(colon + 1));
}

const password = (username: string, text: string): Secret => ({ kind: "password", username, password: text });

/** Runs `docker-credential-<name> get`; null when the helper knows nothing of the registry. */
async function askHelper(
  file: string,
  name: string,
  server: string,
  environment: NodeJS.ProcessEnv,
): Promise<Credentials | null> {
  // The name becomes that of a program.
  if (!/^[\w.-]+$/.test(name))
    throw new RegistryFailure(`${file}: expected the name of a credential helper, found ${name}`);
  const program = `docker-credential-${name}`;
  const { code, output } = await runHelper(program, server, environment).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "it is not on the PATH" : error.message;
    throw new RegistryFailure(`${file}: names the credential helper ${program}, which cannot be run: ${why}`);
  });
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return null;
    // What it has printed may have a secret.
    throw new RegistryFailure(`${program}: failed with exit code ${code}: see echo ${server} | ${program} get`);
  }
  const { Username: username, Secret: secret } = parseAnswer(program, output);
  const source = `${program} (${file})`;
  // So helpers mark what is no password.
  if (username === "<token>") return { secret: { kind: "identityToken", token: secret }, source };
  return username === "" && secret === "" ? null : { secret: password(username, secret), source };
}

function parseAnswer(program: string, output: string): { readonly Username: string; readonly Secret: string } {
  try {
    const { Username, Secret } = JSON.parse(output) as { Username?: unknown; Secret?: unknown };
    if (typeof Username === "string" && typeof Secret === "string") return { Username, Secret };
  } catch {
    // Told below without its words.
  }
  throw new RegistryFailure(`${program}: expected JSON with Username and Secret, found something else`);
}

function runHelper(
  program: string,
  server: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ["get"], { env: environment, stdio: ["pipe", "pipe", "ignore"], timeout: helperMs });
    const output: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => output.push(data));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output: Buffer.concat(output).toString() }));
    // It may end before it has read.
    child.stdin.on("error", () => {});
    child.stdin.end(server);
  });
}
