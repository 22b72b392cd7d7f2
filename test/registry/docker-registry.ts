/** A real registry on a free port of loopback: Debian's docker-registry. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { stringify } from "yaml";

/** How it asks for credentials: Basic, those of `account`; or in the words of its configuration file. */
export type Authentication = "basic" | Readonly<Record<string, Readonly<Record<string, string>>>>;

export const account = { username: "me", password: "open sesame" };
/** The account; the password by bcrypt, as the registry wants it. */
const htpasswd = "me:$2b$04$ZCQv32B.Iu63XJ/yQN0y..jDvSw9MVI6SeacVNrslREm1DWmhMT82\n";

export interface DockerRegistry {
  /** "127.0.0.1:40000". */
  readonly host: string;
  stop(): Promise<void>;
}

/** Its executable; undefined where it is not installed. */
export const findDockerRegistry = (): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, "docker-registry"))
    .find(isExecutable);

/** For the name of what is skipped without it; in CI it must be there. */
export const dockerRegistry = findDockerRegistry();
export const isRegistryRequired = process.env.PWK_REQUIRE_REGISTRY !== undefined;
export const whyWithout =
  dockerRegistry === undefined ? ": docker-registry is missing (apt install docker-registry)" : "";

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function startDockerRegistry(auth?: Authentication): Promise<DockerRegistry> {
  if (dockerRegistry === undefined) throw new Error(`A registry is required here${whyWithout}`);
  const folder = await mkdtemp(join(tmpdir(), "pwk-registry-"));
  const file = join(folder, "config.yaml");
  const passwords = join(folder, "htpasswd");
  const configuration = {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "data") } },
    http: { addr: "127.0.0.1:0" },
    ...(auth && { auth: auth === "basic" ? { htpasswd: { realm: "filters", path: passwords } } : auth }),
  };
  await writeFile(passwords, htpasswd);
  await writeFile(file, stringify(configuration));
  const child = spawn(dockerRegistry, ["serve", file], { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "close");
  const host = await hostOf(child);
  return {
    host,
    async stop() {
      child.kill();
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

/** It says where it listens: `msg="listening on 127.0.0.1:40000"`. */
function hostOf(child: ChildProcess): Promise<string> {
  const last: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      last.push(line);
      const host = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (host !== undefined) resolve(host);
    });
    child.on("error", reject);
    child.on("close", () => reject(new Error(`docker-registry ended:\n${last.slice(-10).join("\n")}`)));
  });
}
