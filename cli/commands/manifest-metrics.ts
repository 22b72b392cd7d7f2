/** `pwk manifest telemetry`, `pwk manifest stats-logger`: attributes that a filter has set as labels of metrics. */
import {
  istioMetrics,
  type ListenerTarget,
  statsLogger,
  statsLoggerFilter,
  type Tags,
  telemetry,
  type WorkloadMode,
  workloadModes,
} from "@proxy-wasm-kit/deliver";
import { Command, InvalidArgumentError, Option } from "commander";
import { Failure } from "../failure.ts";
import { outputOption } from "../print.ts";
import {
  contexts,
  type Selector,
  selectorOf,
  selectorOption,
  type WriteOptions,
  wholeNumber,
  writeDocument,
  writeResources,
} from "./manifest-output.ts";

interface TagOptions {
  readonly attribute: string;
  readonly tag?: readonly TagOption[];
}

/** Without an attribute it is that of `--attribute`. */
interface TagOption {
  readonly name: string;
  readonly attribute?: string;
}

interface TelemetryOptions extends TagOptions, WriteOptions {
  readonly namespace: string;
  readonly selector: Selector;
  readonly name: string;
  readonly metric?: readonly string[];
  readonly mode: WorkloadMode;
  readonly provider: string;
}

interface StatsLoggerOptions extends TagOptions, WriteOptions {
  readonly namespace?: string;
  readonly selector?: Selector;
  readonly context: string;
  readonly port?: number;
  readonly proxyVersion?: string;
  readonly priority?: number;
  readonly name: string;
  readonly statPrefix: string;
  readonly counter: string;
  readonly plain?: boolean;
}

export const manifestTelemetry = (): Command => {
  const command = new Command("telemetry")
    .description("Telemetry that gives Istio's metrics a label with what a filter has set.")
    .requiredOption("--namespace <name>", "namespace of the workloads")
    .addOption(selectorOption().makeOptionMandatory())
    .option("--name <name>", "of the resource", "request-operation");
  addTagOptions(command)
    .addOption(
      new Option("--metric <metric>", `${istioMetrics.join(", ")}; may be repeated (default: REQUEST_COUNT)`).argParser(
        metric,
      ),
    )
    .addOption(new Option("--mode <side>", "which side reports").choices(workloadModes).default("SERVER"))
    .option("--provider <name>", "of MeshConfig's extensionProviders", "prometheus");
  return command
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk manifest telemetry --namespace prod --selector app=books | kubectl apply -f -
  pwk manifest telemetry --namespace prod --selector app=books --tag request_operation --tag class=istio_responseClass`,
    )
    .action(async (options: TelemetryOptions) => {
      const { name, metric: metrics = ["REQUEST_COUNT"], mode, provider } = options;
      const target = { name, namespace: options.namespace, selector: selectorOf(options.selector) };
      await writeResources([telemetry({ ...target, tags: tagsOf(options), metrics, mode, provider })], options);
    });
};

export const manifestStatsLogger = (): Command => {
  const command = new Command("stats-logger")
    .description(
      "EnvoyFilter with Envoy's stats access logger: a counter of requests labelled with what a filter has set.",
    )
    .option("--namespace <name>", "namespace of the workloads")
    .addOption(selectorOption())
    .option("--plain", "only the piece of Envoy's configuration: access_log of the HTTP connection manager")
    .option("--name <name>", "of the resource", "stats-logger");
  addTagOptions(command)
    .addOption(new Option("--context <side>", "which listeners").choices(Object.keys(contexts)).default("inbound"))
    .option("--port <number>", "only listeners on this port", wholeNumber)
    .option("--proxy-version <regex>", "only proxies of an Istio version, such as '^1\\.31'")
    .option("--priority <number>", "order among EnvoyFilters, lower first", wholeNumber)
    .option("--stat-prefix <name>", "first part of the counter's name", "attribute_gen")
    .option("--counter <name>", "its other part", "requests_total");
  return command
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk manifest stats-logger --namespace prod --selector app=books | kubectl apply -f -
  pwk manifest stats-logger --plain --tag request_operation --tag class=istio_responseClass`,
    )
    .action(async (options: StatsLoggerOptions) => {
      const { plain, statPrefix, counter } = options;
      const logger = { tags: tagsOf(options), statPrefix, counter };
      if (plain) {
        checkPlain(options);
        return writeDocument({ access_log: [statsLogger(logger)] }, options);
      }
      await writeResources([statsLoggerFilter(targetOf(options), logger)], options);
    });
};

const addTagOptions = (command: Command): Command =>
  command
    .option("--attribute <name>", "attribute that a tag has when it names none", "istio_operationId")
    .option(
      "--tag <name[=attribute]>",
      "label, and the attribute whose value it has; may be repeated (default: request_operation)",
      tag,
    );

const tagsOf = ({ tag: tags = [{ name: "request_operation" }], attribute }: TagOptions): Tags =>
  Object.fromEntries(tags.map((each) => [each.name, each.attribute ?? attribute]));

function tag(text: string, before: readonly TagOption[] = []): readonly TagOption[] {
  const [, name = "", attribute] = /^([^=]+)(?:=(.+))?$/s.exec(text) ?? [];
  if (name === "") throw new InvalidArgumentError('expected "name" or "name=attribute".');
  if (before.some((other) => other.name === name))
    throw new InvalidArgumentError(`expected ${name} once, found it twice.`);
  return [...before, { name, ...(attribute !== undefined && { attribute }) }];
}

function metric(text: string, before: readonly string[] = []): readonly string[] {
  if (!(istioMetrics as readonly string[]).includes(text))
    throw new InvalidArgumentError(`expected one of ${istioMetrics.join(", ")}.`);
  if (before.includes(text)) throw new InvalidArgumentError(`expected ${text} once, found it twice.`);
  return [...before, text];
}

/** A resource lives somewhere; a piece of Envoy's configuration does not. */
function targetOf(options: StatsLoggerOptions): ListenerTarget {
  const { name, namespace, selector, context, port, proxyVersion, priority } = options;
  if (namespace === undefined) throw new Failure("--namespace: expected one, or --plain, found none");
  if (selector === undefined) throw new Failure("--selector: expected one, or --plain, found none");
  return {
    name,
    namespace,
    selector: selectorOf(selector),
    context: contexts[context] ?? "SIDECAR_INBOUND",
    ...(port !== undefined && { port }),
    ...(proxyVersion !== undefined && { proxyVersion }),
    ...(priority !== undefined && { priority }),
  };
}

function checkPlain(options: StatsLoggerOptions): void {
  for (const name of ["namespace", "selector", "port", "proxyVersion", "priority"] as const) {
    if (options[name] === undefined) continue;
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new Failure(`--${option}: is for the EnvoyFilter, and --plain makes none; leave one of them away`);
  }
}
