// Gives each request an attribute, for access logs and metrics: which part of the service it is for.
import {
  Buffer,
  FilterHeadersStatus,
  filterState,
  HttpContext,
  LifeSpan,
  property,
  RootContext,
  registerRootContext,
  ValueType,
} from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";

/** The attribute's name; in Envoy it is the filter state `wasm.part`. */
const NAME = "part";

class Part {
  constructor(
    readonly prefix: string,
    readonly value: string,
  ) {}
}

class Root extends RootContext {
  private parts: Part[] = [];
  private otherwise: string = "";

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    const entries = reader.objects("parts");
    for (let i = 0; i < entries.length; ++i) {
      this.parts.push(new Part(entries[i].string("prefix"), entries[i].string("value")));
    }
    this.otherwise = reader.stringOr("otherwise", "other");
    if (!reader.finish("my-filter")) return false;
    filterState.declare(NAME, ValueType.String, LifeSpan.FilterChain);
    return true;
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Stream(id, this);
  }

  /** One of the configured values: each is a time series, and paths are written by clients. */
  partOf(path: string): string {
    for (let i = 0; i < this.parts.length; ++i) {
      if (path.startsWith(this.parts[i].prefix)) return this.parts[i].value;
    }
    return this.otherwise;
  }
}

/** One request. */
class Stream extends HttpContext {
  constructor(
    id: u32,
    private root: Root,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const path = this.request.headers.get(":path");
    property.set(NAME, this.root.partOf(path === null ? "" : path));
    return FilterHeadersStatus.Continue;
  }
}

registerRootContext((id) => new Root(id));
