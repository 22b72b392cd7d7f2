// A filter that calls foreign functions, as the request's path says; foreign.test.ts runs it on a real Envoy.
import {
  Buffer,
  callForeignFunction,
  clearRouteCache,
  compress,
  Expression,
  FilterHeadersStatus,
  filterState,
  HttpContext,
  LifeSpan,
  log,
  Path,
  property,
  RootContext,
  registerRootContext,
  uncompress,
  Value,
  ValueType,
} from "@proxy-wasm-kit/sdk";

function evaluate(text: string): Value | null {
  const expression = Expression.compile(text);
  if (expression === null) return null;
  const value = expression.evaluate();
  expression.delete();
  return value;
}

class ForeignRoot extends RootContext {
  expression: Expression | null = null;

  onConfigure(configuration: Buffer): bool {
    this.expression = Expression.compile("request.path == '/cel' && 'x-a' in request.headers");
    const declared = filterState.declare("typed", ValueType.String, LifeSpan.FilterChain);
    const twice = filterState.declare("typed", ValueType.String, LifeSpan.FilterChain);
    log.info(`declared ${declared} ${twice}`);
    return this.expression !== null;
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Foreign(id, this);
  }
}

class Foreign extends HttpContext {
  constructor(
    id: u32,
    private root: ForeignRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const path = this.request.headers.get(":path");
    if (path == "/cel") this.evaluate();
    else if (path == "/zlib") {
      const packed = compress(String.UTF8.encode("é".repeat(1000)));
      if (packed === null) return FilterHeadersStatus.Continue;
      const text = uncompress(packed);
      log.info(`${packed.byteLength < 100} ${text === null ? 0 : text.byteLength}`);
      log.info(`${uncompress(String.UTF8.encode("x")) === null}`);
    } else if (path == "/state") {
      const key = "envoy.network.upstream_server_name";
      log.info(
        `${filterState.setEnvoy(key, "a.example", LifeSpan.Request)} ${filterState.setEnvoy("none", "a", LifeSpan.Request)}`,
      );
      property.set("typed", "é");
      const value = evaluate("filter_state['wasm.typed'] == 'é'");
      const typed = property.text(Path.of("typed"));
      log.info(`${value !== null && value.bool()} ${typed === null ? "null" : typed}`);
    } else if (path == "/other") {
      log.info(`${clearRouteCache()} ${callForeignFunction("none", new ArrayBuffer(0)).status}`);
    }
    return FilterHeadersStatus.Continue;
  }

  private evaluate(): void {
    const value = this.root.expression!.evaluate();
    const size = evaluate("size(request.headers['x-a'])");
    log.info(`${value !== null && value.bool()} ${size === null ? -1 : size.integer(-2)}`);
    log.info(`${Expression.compile("1 +") === null}`);
  }
}

registerRootContext((id) => new ForeignRoot(id));
