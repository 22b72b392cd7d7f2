#!/usr/bin/env node
/**
 * Writes what is known of the APIs that manifests are written in: Envoy's and Istio's of the Istio in istio/go.mod, Envoy
 * Gateway's of the version below. Needs Go.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { parseAllDocuments } from "yaml";

const gateway = "github.com/envoyproxy/gateway@v1.9.1";
const here = fileURLToPath(new URL(".", import.meta.url));
const istioModule = fileURLToPath(new URL("../../istio", import.meta.url));

const go = (...args) =>
  execFileSync("go", args, { cwd: istioModule, maxBuffer: 2 ** 26, stdio: ["ignore", "pipe", "inherit"] });
const write = (name, bytes) => writeFileSync(join(here, name), gzipSync(bytes, { level: 9 }));

write("envoy-api.binpb.gz", go("run", join(here, "envoy-api.go")));

const istio = go("list", "-m", "-f", "{{.Dir}}", "istio.io/istio").toString().trim();
const { Dir: envoyGateway } = JSON.parse(go("mod", "download", "-json", gateway).toString());
const files = [
  join(istio, "manifests/charts/base/files/crd-all.gen.yaml"),
  join(envoyGateway, "charts/gateway-crds-helm/templates/generated/gateway.envoyproxy.io_envoyextensionpolicies.yaml"),
];
const schemas = {};
for (const file of files) {
  // Helm's own lines are around the document.
  const text = readFileSync(file, "utf8").replace(/^\{\{.*\}\}$/gm, "");
  for (const document of parseAllDocuments(text)) {
    const crd = document.toJS();
    if (crd?.kind !== "CustomResourceDefinition") continue;
    const { group, names, versions } = crd.spec;
    for (const { name, served, schema } of versions)
      if (served) schemas[`${group}/${name}/${names.kind}`] = withoutProse(schema.openAPIV3Schema);
  }
}
write("crds.json.gz", JSON.stringify(schemas));

/** Descriptions are nine tenths of it. */
function withoutProse(schema) {
  if (Array.isArray(schema)) return schema.map(withoutProse);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === "description" && typeof value === "string"))
      .map(([key, value]) => [key, withoutProse(value)]),
  );
}
