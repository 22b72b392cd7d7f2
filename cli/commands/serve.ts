/** `pwk serve`: filters on a port, before an upstream. */
import { Command, InvalidArgumentError, Option } from "commander";
import { defaultFile } from "../delivery/index.ts";
import { assignment, collect, collectOnce } from "../input.ts";
import { type OutputFormat, outputOption } from "../print.ts";
import { type FilterArgument, filterArgument, readChain } from "../serve/chain.ts";
import { readDeliveredModules } from "../serve/delivery-chain.ts";
import { Report } from "../serve/report.ts";
import { serve as run, type ServingOptions } from "../serve/serve.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

/** What `pwk dev` takes, too. */
export interface ServeOptions {
  readonly file: string;
  readonly environment?: string;
  readonly upstream?: Address;
  readonly cluster?: readonly (readonly [string, Address])[];
  readonly host: string;
  readonly port: number;
  readonly config?: string;
  readonly env?: readonly (readonly [string, string])[];
  readonly rootId?: string;
  readonly engine?: "host" | "envoy";
  readonly verbose: boolean;
  readonly output: OutputFormat;
}

export const serve = (): Command =>
  withServeOptions(
    new Command("serve")
      .description("Serve filters on a port before an upstream, and show each request.")
      .argument(
        "[modules...]",
        "the filters, .wasm files, in the order requests pass them (default: those of pwk.yaml)",
      )
      .option(
        "--filter <parts>",
        "a filter with its own options, after those before it: module=a.wasm,config=a.yaml,root-id=a,name=a,env=K=v",
        collect(filterArgument),
      ),
  )
    .addHelpText(
      "after",
      `
Examples:
  pwk serve dist/hmac-auth.wasm --config config.yaml --env KEY=secret --upstream http://localhost:3000
  pwk serve --environment staging --upstream http://localhost:3000
  pwk serve --filter module=dist/shadow-host.wasm --filter module=dist/hmac-auth.wasm,config=config.yaml --verbose`,
    )
    .action(
      async (
        modules: string[],
        options: ServeOptions & { readonly filter?: readonly FilterArgument[] },
        command: Command,
      ) => {
        const filters = filtersOf(modules, options, command);
        const { file, environment, env = [] } = options;
        const chain =
          filters.length > 0
            ? await readChain(filters)
            : await readDeliveredModules(file, environment, Object.fromEntries(env));
        await run(chain, servingOptions(options));
      },
    );

export const withServeOptions = (command: Command): Command =>
  command
    .option("--file <file>", "the filters and their configurations, where no others are given", defaultFile)
    .option("--environment <name>", "environment of the file (default: what all of them share)")
    .option("--upstream <url>", "where requests go (default: an upstream that answers with what it receives)", httpUrl)
    .option("--cluster <name=url>", "what the filters call by this name, over HTTP/1; may be repeated", cluster)
    .option("--port <port>", "where to listen; 0: any that is free", port, 8080)
    .option("--host <address>", "of which interface", "127.0.0.1")
    .option("--config <config>", "the filter's configuration: YAML or JSON, or the file that has it (- standard input)")
    .option("--env <NAME=value>", "variable of the VM's environment; may be repeated", collectOnce)
    .option("--root-id <id>", "root ID (default: the module's name)")
    .addOption(
      new Option("--engine <name>", "what runs the filters (default: envoy where it can be had, else host)").choices([
        "host",
        "envoy",
      ]),
    )
    .option("--verbose", "all that the filters log, under their requests (default: from warn on)", false)
    .addOption(outputOption());

export const servingOptions = ({ output, verbose, engine, upstream, cluster: all = [], ...rest }: ServeOptions) =>
  ({
    listen: { host: rest.host, port: rest.port },
    clusters: new Map(all),
    report: new Report({ output, verbose }),
    tell: (text) => process.stderr.write(`pwk: ${text}\n`),
    ...(engine !== undefined && { engine }),
    ...(upstream !== undefined && { upstream }),
  }) satisfies ServingOptions;

function filtersOf(
  modules: readonly string[],
  { filter = [], config, env = [], rootId }: ServeOptions & { readonly filter?: readonly FilterArgument[] },
  command: Command,
): readonly FilterArgument[] {
  const isShared = config !== undefined || env.length > 0 || rootId !== undefined;
  const isDelivery = modules.length + filter.length === 0 && config === undefined && rootId === undefined;
  if (isShared && !isDelivery && (modules.length !== 1 || filter.length > 0))
    command.error("error: --config, --env and --root-id are for one module; give each filter its own with --filter");
  const own = { ...(config !== undefined && { config }), ...(rootId !== undefined && { rootId }) };
  return [...modules.map((module) => ({ module, env, ...own })), ...filter];
}

/** `http://host:port`. */
function httpUrl(text: string): Address {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "http:" || url.pathname !== "/" || url.search !== "" || url.username !== "")
    throw new InvalidArgumentError("expected a URL such as http://localhost:3000, without TLS and without a path.");
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) };
}

function cluster(text: string, before: readonly (readonly [string, Address])[] = []) {
  const [name, url] = assignment(text);
  if (name === "upstream" || before.some(([other]) => other === name))
    throw new InvalidArgumentError(`expected another name, found ${name}, which is taken.`);
  return [...before, [name, httpUrl(url)] as const];
}

function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (number < 0 || number > 65_535) throw new InvalidArgumentError("expected a port from 0 to 65535.");
  return number;
}
