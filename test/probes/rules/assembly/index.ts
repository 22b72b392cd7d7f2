// Tells upstream which rule a request fell under, and what its template has captured.
import { Buffer, FilterHeadersStatus, HttpContext, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";
import { Rules } from "@proxy-wasm-kit/sdk/rules";

class Settings {
  name: string = "top";
  limit: i32 = 1;
}

function readSettings(reader: ConfigReader, base: Settings): Settings {
  const settings = new Settings();
  settings.name = reader.stringOr("name", base.name);
  settings.limit = <i32>reader.integerOr("limit", 1, 1000, base.limit);
  return settings;
}

class RulesRoot extends RootContext {
  rules: Rules<Settings> | null = null;

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    this.rules = Rules.read<Settings>(reader, new Settings(), readSettings);
    return reader.finish("rules");
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Ruled(id, this);
  }
}

class Ruled extends HttpContext {
  constructor(
    id: u32,
    private root: RulesRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const rules = this.root.rules!;
    const settings = rules.match(this.request.headers);
    const id = rules.capture("id");
    this.request.headers.set("x-rule", `${settings.name} ${settings.limit} ${id === null ? "-" : id}`);
    return FilterHeadersStatus.Continue;
  }
}

registerRootContext((id) => new RulesRoot(id));
