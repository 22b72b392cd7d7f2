/** A token server, as registries have: it signs what an account may do (distribution.github.io, "Token authentication"). */
import { execFile } from "node:child_process";
import { createSign, randomUUID, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Authentication, account } from "./docker-registry.ts";

const service = "pwk";

export interface TokenServer {
  /** What makes a docker-registry ask for its tokens. */
  readonly authentication: Authentication;
  stop(): Promise<void>;
}

/** `name`: by which clients are told to call it. */
export async function startTokenServer(
  { username, password }: typeof account,
  name = "127.0.0.1",
): Promise<TokenServer> {
  const folder = await mkdtemp(join(tmpdir(), "pwk-tokens-"));
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=tokens", "-days", "1", "-keyout", keyFile, "-out", certFile];
  await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject]);
  const key = await readFile(keyFile);
  const certificate = new X509Certificate(await readFile(certFile)).raw.toString("base64");
  const basic = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

  const server = createServer((request, response) => {
    if (request.headers.authorization !== basic) return response.writeHead(401).end();
    const scope = new URL(request.url ?? "", "http://tokens").searchParams.get("scope") ?? "";
    const [type, repository, actions = ""] = scope.split(":");
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: service,
      aud: service,
      sub: username,
      iat: now,
      nbf: now - 60,
      exp: now + 300,
      jti: randomUUID(),
    };
    const token = signed({ ...claims, access: [{ type, name: repository, actions: actions.split(",") }] });
    return response.end(JSON.stringify({ token }));
  });
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = (claims: unknown) => {
    const text = `${encoded({ typ: "JWT", alg: "RS256", x5c: [certificate] })}.${encoded(claims)}`;
    return `${text}.${createSign("sha256").update(text).sign(key, "base64url")}`;
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const realm = `http://${name}:${(server.address() as AddressInfo).port}/token`;
  return {
    authentication: { token: { realm, service, issuer: service, rootcertbundle: certFile } },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      await rm(folder, { recursive: true });
    },
  };
}
