/** WasmPlugin, TrafficExtension and Envoy Gateway's EnvoyExtensionPolicy. */
import { isRecord, listOf, type Manifest, recordOf } from "./document.ts";
import { type Path, type Report, shown, under } from "./finding.ts";
import { type CheckOptions, newestIstioMinor } from "./options.ts";
import type { Code, Plugin } from "./plugin.ts";
import { checkFetchedUrl, checkImage, schemeOf, warnOfSecret } from "./wasm-config.ts";

type Fields = Readonly<Record<string, unknown>>;

export function checkWasmPlugin({ value, name, report }: Manifest): Plugin[] {
  return plugin(recordOf(value.spec), name, under(report, "spec"));
}

export function checkTrafficExtension(
  { value, name, report }: Manifest,
  { istioMinor = newestIstioMinor }: CheckOptions,
): Plugin[] {
  if (istioMinor < 30)
    report(["kind"], `Istio has TrafficExtension from 1.30 on; for 1.${istioMinor} use a WasmPlugin`);
  const { wasm } = recordOf(value.spec);
  return isRecord(wasm) ? plugin(wasm, name, under(report, "spec", "wasm")) : [];
}

function plugin(spec: Fields, name: string, report: Report): Plugin[] {
  const { url, sha256, imagePullSecret, imagePullPolicy, pluginName, pluginConfig, type } = spec;
  if (pluginName === undefined)
    report(
      [],
      "expected pluginName, found none; it becomes the root ID, which says which root context of the module is meant",
      "warning",
    );
  const code = typeof url === "string" ? codeOf(url, typeof sha256 === "string" ? sha256 : undefined, report) : null;
  const isImage = code?.kind === "url" && code.url.startsWith("oci://");
  const ignored = { ...(!isImage && { imagePullSecret }), ...(code?.kind === "file" && { imagePullPolicy }) };
  for (const [key, given] of Object.entries(ignored))
    if (given !== undefined && code !== null)
      report(
        [key],
        `is for ${key === "imagePullSecret" ? "oci://" : "what is fetched"} only, and has no effect here`,
        "warning",
      );
  const env = listOf(recordOf(spec.vmConfig).env).map(recordOf);
  for (const [i, { name, value, valueFrom }] of env.entries()) {
    if (env.findIndex((each) => each.name === name) !== i)
      report(["vmConfig", "env", i, "name"], `expected each variable once, found ${shown(name)} twice`);
    if (value !== undefined && valueFrom !== "HOST") warnOfSecret(String(name), ["vmConfig", "env", i], report);
  }
  const isNetwork = type === "NETWORK";
  return [
    {
      name,
      rootId: typeof pluginName === "string" ? pluginName : undefined,
      isNetwork,
      code,
      configuration: isRecord(pluginConfig) ? Buffer.from(JSON.stringify(pluginConfig)) : undefined,
      environment: Object.fromEntries(
        env
          .filter(({ valueFrom }) => valueFrom !== "HOST")
          .map(({ name, value }) => [String(name), String(value ?? "")]),
      ),
      hostEnvironment: env.filter(({ valueFrom }) => valueFrom === "HOST").map(({ name }) => String(name)),
      allowsStopIteration: false,
      cannotAllowStopIteration:
        "neither WasmPlugin nor TrafficExtension can say it; deliver the filter with an EnvoyFilter",
      typedConfig: null,
      report,
      places: { rootId: ["pluginName"], configuration: ["pluginConfig"], code: ["url"], sha256: ["sha256"] },
    },
  ];
}

/** Source: istio pkg/config/validation, pkg/model/extensions.go: without a scheme it is an image. */
function codeOf(url: string, sha256: string | undefined, report: Report): Code | null {
  const digest = sha256 === undefined ? {} : { sha256 };
  if (url.startsWith("file://")) {
    const path = url.slice("file://".length);
    if (!path.startsWith("/") || path.endsWith("/"))
      report(["url"], `expected file:// and an absolute path of a file, found ${shown(url)}`);
    return { kind: "file", path };
  }
  if (schemeOf(url) !== "no scheme") {
    checkFetchedUrl(url, ["url"], report);
    checkDigest(url, sha256, report);
    return { kind: "url", url, ...digest };
  }
  // Go's URLs have no colon in the first segment of a path.
  if (/^[^/]*:/.test(url))
    report(
      ["url"],
      `expected oci:// before the host, found no scheme: istiod drops the object with a line in its log, and the filter is nowhere`,
    );
  else {
    report(["url"], "names no scheme; write oci:// before it", "warning");
    checkImage(url, ["url"], report);
  }
  return { kind: "url", url: `oci://${url}`, ...digest };
}

/** The digest in a reference is that of the manifest too, so another one beside it can never fit. */
function checkDigest(url: string, sha256: string | undefined, report: Report): void {
  const inUrl = /^oci:.*@sha256:([0-9a-f]{64})$/.exec(url)?.[1];
  if (inUrl !== undefined && sha256 !== undefined && sha256 !== "" && inUrl !== sha256)
    report(
      ["sha256"],
      "expected the digest of the image, as in the url, found another one: the agent refuses the module, and requests get 403",
    );
}

export function checkExtensionPolicy({ value, report }: Manifest): Plugin[] {
  const spec = recordOf(value.spec);
  if (Array.isArray(spec.targetRefs) && spec.targetRefs.length === 0 && spec.targetSelectors === undefined)
    report(["spec", "targetRefs"], "expected a target, such as a Gateway, found none: the object does nothing");
  return listOf(spec.wasm).flatMap((each, i) => {
    if (!isRecord(each)) return [];
    const at = under(report, "spec", "wasm", i);
    const { name, rootID, config, code, env } = each;
    if (rootID === undefined)
      at([], "expected rootID, found none; it says which root context of the module is meant", "warning");
    return [
      {
        name: String(name ?? ""),
        rootId: typeof rootID === "string" ? rootID : undefined,
        isNetwork: false,
        code: gatewayCode(recordOf(code), at),
        configuration: config === undefined ? undefined : Buffer.from(JSON.stringify(config)),
        environment: {},
        hostEnvironment: listOf(recordOf(env).hostKeys).map(String),
        allowsStopIteration: false,
        cannotAllowStopIteration: "EnvoyExtensionPolicy cannot say it",
        typedConfig: null,
        report: at,
        places: {
          rootId: ["rootID"],
          configuration: ["config"],
          code: ["code"] satisfies Path,
          sha256: ["code", code !== undefined && recordOf(code).type === "HTTP" ? "http" : "image", "sha256"],
        },
      },
    ];
  });
}

function gatewayCode({ type, image, http }: Fields, report: Report): Code | null {
  const { url, sha256 } = recordOf(type === "HTTP" ? http : image);
  if (typeof url !== "string") return null;
  const digest = typeof sha256 === "string" ? { sha256 } : {};
  if (typeof sha256 === "string" && !/^([0-9a-f]{64})?$/.test(sha256))
    report(
      ["code", type === "HTTP" ? "http" : "image", "sha256"],
      `expected 64 digits of 0-9 and a-f, found ${shown(sha256)}: nothing has this digest`,
    );
  if (type === "HTTP") {
    checkFetchedUrl(url, ["code", "http", "url"], report);
    return { kind: "url", url, ...digest };
  }
  if (schemeOf(url) !== "no scheme")
    report(["code", "image", "url"], `expected an image without a scheme, found ${schemeOf(url)}`);
  else checkImage(url, ["code", "image", "url"], report);
  return { kind: "url", url: `oci://${url}`, ...digest };
}
