/** A registry of one image in memory, whose answers a test may replace. */
import type { Image } from "../image.ts";
import { packageModule } from "../package.ts";
import { parseReference } from "../reference.ts";
import type { TransferOptions } from "../transfer.ts";
import { sampleModule } from "./sample.ts";
import { type Asked, answer, type Script, type ScriptedServer, startServer, type TlsFiles } from "./scripted-server.ts";

/** Answers, or returns false to leave it to the registry. */
export type Instead = (asked: Asked, response: Parameters<Script>[1]) => boolean;

/** It has no blobs before they are pushed; GET gives those of the image. */
export function startRegistry(image: Image, instead: Instead = () => false, tls?: TlsFiles): Promise<ScriptedServer> {
  const stored = new Set<string>();
  return startServer((asked, response) => {
    if (instead(asked, response)) return;
    const { method, url } = asked;
    const digest = /sha256:[0-9a-f]{64}/.exec(url)?.[0] ?? "";
    if (url.includes("/manifests/")) {
      if (method === "PUT") return answer(response, 201, { "docker-content-digest": image.digest });
      return answer(response, 200, { "content-type": image.mediaType }, image.manifest);
    }
    if (method === "HEAD") return answer(response, stored.has(digest) ? 200 : 404);
    if (method === "POST") return answer(response, 202, { location: "/v2/upload?state=a%2Fb%3D" });
    if (method === "PUT") {
      stored.add(digest);
      return answer(response, 201, { "docker-content-digest": digest });
    }
    return answer(response, 200, {}, image.blobs.get(digest) ?? new Uint8Array());
  }, tls);
}

export const sampleImage = await packageModule(sampleModule, { variant: "compat", abiVersion: "0.2.1" });

/** The sample at a registry. */
export const named = (host: string, rest = ":1") => parseReference(`oci://${host}/filters/sample${rest}`);

/** Without TLS, credentials and waiting. */
export const plain: TransferOptions = { plainHttp: true, credentials: async () => null, pause: async () => {} };

/** Gives these answers to the first requests that match, then leaves it to the registry. */
export const first = (matches: RegExp, ...answers: readonly Instead[]): Instead => {
  const left = [...answers];
  return (asked, response) =>
    matches.test(`${asked.method} ${asked.url}`) ? (left.shift()?.(asked, response) ?? false) : false;
};

export const status =
  (code: number, headers = {}, body = ""): Instead =>
  (_, response) => {
    answer(response, code, headers, body);
    return true;
  };

/** The connection breaks. */
export const cut: Instead = (_, response) => {
  response.destroy();
  return true;
};
