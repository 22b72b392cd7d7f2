/** Compiles the puppet and runs it in a host. Needs the AssemblyScript compiler. */
import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";
import { Host, type HostOptions, type LoadedModule, loadModule, type PluginOptions, StreamContext } from "../index.ts";

const directory = fileURLToPath(new URL("assembly", import.meta.url));
let compiled: Promise<Uint8Array> | null = null;

/** The puppet's module. */
export function puppetBytes(): Promise<Uint8Array> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array();
  const options = [
    "puppet.ts",
    "--baseDir",
    directory,
    "--outFile",
    "puppet.wasm",
    "--runtime",
    "stub",
    "--use",
    "abort=",
  ];
  const { error, stderr } = await main([...options, "--exportStart", "_initialize"], {
    writeFile(_name, contents) {
      if (typeof contents !== "string") bytes = contents;
    },
  });
  if (error !== null) throw new Error(stderr.toString());
  return bytes;
}

export interface Stage {
  readonly host: Host;
  /** What the puppet logged since the last look. */
  logs(): string[];
  /** Callbacks of stream contexts since the last look, such as `request_headers(2,5,1)=0`. */
  callbacks(): string[];
  readonly hostLogs: string[];
}

export interface Script extends Omit<Partial<PluginOptions>, "name" | "module"> {
  readonly script: string;
}

/** Starts a host with one puppet for each script, in that order: of HTTP or, when `where` says so, elsewhere. */
export async function stage(
  scripts: string | readonly Script[],
  options: Omit<HostOptions, "plugins"> = {},
  where: "plugins" | "networkPlugins" | "services" = "plugins",
): Promise<Stage> {
  const module: LoadedModule = await loadModule(await puppetBytes());
  const list = typeof scripts === "string" ? [{ script: scripts }] : scripts;
  const heard = { logs: [] as string[], callbacks: [] as string[], hostLogs: [] as string[] };
  const host = await Host.start({
    upstream: async () => ({ status: 200, body: "ok\n" }),
    ...options,
    [where]: list.map(({ script, ...plugin }, at) => ({
      name: `p${at + 1}`,
      vmId: `vm${at + 1}`,
      allowOnHeadersStopIteration: true,
      ...plugin,
      module,
      configuration: script,
    })),
    onLog: ({ message }) => heard.logs.push(message),
    onHostLog: (message) => heard.hostLogs.push(message),
    onCallback({ context, name, arguments: values, result }) {
      if (!(context instanceof StreamContext)) return;
      const call = `${name.replace("proxy_on_", "")}(${values.join(",")})`;
      heard.callbacks.push(result === undefined ? call : `${call}=${result}`);
    },
  });
  return {
    host,
    logs: () => heard.logs.splice(0),
    callbacks: () => heard.callbacks.splice(0),
    hostLogs: heard.hostLogs,
  };
}

/** The head of a request with nothing special about it. */
export const head = (method = "GET") => ({ method, path: "/", authority: "example.com", headers: [] });
