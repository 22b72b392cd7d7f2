// A filter that answers with the settings that its rules choose. rules.test.ts runs it, and asks its rules alone.
import {
  Buffer,
  FilterHeadersStatus,
  HeaderMap,
  HttpContext,
  LocalResponse,
  RootContext,
  registerRootContext,
} from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";
import { Rules } from "@proxy-wasm-kit/sdk/rules";

class Settings {
  name: string = "default";
  limit: i32 = 7;
  targets: StaticArray<string> = [];
}

function readSettings(reader: ConfigReader, base: Settings): Settings {
  const settings = new Settings();
  settings.name = reader.stringOr("name", base.name);
  settings.limit = <i32>reader.integerOr("limit", 1, 1000, base.limit);
  settings.targets = reader.stringsOr("targets", base.targets);
  return settings;
}

class RulesRoot extends RootContext {
  private read: Rules<Settings> | null = null;

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    this.read = Rules.read<Settings>(reader, new Settings(), readSettings);
    return reader.finish("rules");
  }

  get rules(): Rules<Settings> {
    return this.read!;
  }

  createHttpContext(id: u32): HttpContext {
    return new RulesFilter(id, this);
  }
}

class RulesFilter extends HttpContext {
  constructor(
    id: u32,
    private root: RulesRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    new LocalResponse(200).body(answer(this.root.rules, this.request.headers)).send();
    return FilterHeadersStatus.StopIteration;
  }
}

/** Such as "name 7 a,b id=1 rest=x/y". */
function answer(rules: Rules<Settings>, headers: HeaderMap): string {
  const settings = rules.match(headers);
  let text = `${settings.name} ${settings.limit} ${settings.targets.join(",")}`;
  const id = rules.capture("id");
  if (id !== null) text += " id=" + id;
  const rest = rules.capture("rest");
  if (rest !== null) text += " rest=" + rest;
  return text;
}

let lastRoot: RulesRoot | null = null;
let lastHeaders: HeaderMap | null = null;
let result = new ArrayBuffer(0);

/** The answer for the headers that the host has now. */
export function match(): void {
  result = String.UTF8.encode(answer(lastRoot!.rules, requestHeaders()));
}

export function matchOften(times: i32): void {
  for (let i = 0; i < times; ++i) lastRoot!.rules.match(requestHeaders());
}

export function resultPtr(): usize {
  return changetype<usize>(result);
}

export function resultSize(): i32 {
  return result.byteLength;
}

function requestHeaders(): HeaderMap {
  let headers = lastHeaders;
  if (headers === null) lastHeaders = headers = new RulesFilter(0, lastRoot!).request.headers;
  return headers;
}

registerRootContext((id) => {
  const root = new RulesRoot(id);
  lastRoot = root;
  return root;
});
