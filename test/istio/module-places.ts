/** Where agents fetch a module from: a server of files, and a registry with images of every form. Plain http, free ports. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { packageModule, parseReference, push, type Variant } from "@proxy-wasm-kit/registry";
import { startDockerRegistry } from "../registry/docker-registry.ts";

export interface ModulePlaces {
  /** Of the module. */
  readonly sha256: string;
  /** Behind http://, another one for each name: an agent does not fetch a URL again. */
  url(name: string): string;
  /** `oci://host/repository:tag`, whether it is there or not. */
  imageUrl(name: string): string;
  /** Makes the image of that URL. Resolves with the digest of its manifest, without `sha256:`. */
  push(variant: Variant, name: string): Promise<string>;
  stop(): Promise<void>;
}

export async function startModulePlaces(module: Uint8Array): Promise<ModulePlaces> {
  const server = createServer((_request, response) => response.end(module)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const registry = await startDockerRegistry();
  const imageUrl = (name: string) => `oci://${registry.host}/filters/${name}:1.0`;
  return {
    sha256: createHash("sha256").update(module).digest("hex"),
    url: (name) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}.wasm`,
    imageUrl,
    async push(variant, name) {
      const image = await packageModule(module, { variant, abiVersion: "0.2.1" });
      await push(parseReference(imageUrl(name)), image, { plainHttp: true });
      return image.digest.replace("sha256:", "");
    },
    async stop() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await registry.stop();
    },
  };
}
