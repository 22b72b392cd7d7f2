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
  Key,
  LifeSpan,
  log,
  Path,
  property,
  RootContext,
  registerRootContext,
  sign,
  uncompress,
  Value,
  ValueType,
  verifySignature,
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

  privateKey: string = "";
  publicKey: string = "";

  /** A private and a public key. */
  onConfigure(configuration: Buffer): bool {
    const keys = configuration.text().split("|");
    if (keys.length == 2) {
      this.privateKey = keys[0];
      this.publicKey = keys[1];
    }
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
    } else if (path == "/sign") this.sign();
    else if (path == "/map") {
      const headers = property.map(Path.of("request.headers"))!;
      while (headers.next()) if (headers.nameIs("x-a")) log.info(headers.value);
      log.info(`${property.map(Path.of("none")) === null} ${property.map(Path.of("request.path"))!.next()}`);
      log.info(`${property.timestampNs(Path.of("request.time"), 0) > 1700000000000000000}`);
    } else if (path == "/other") {
      log.info(`${clearRouteCache()} ${callForeignFunction("none", new ArrayBuffer(0)).status}`);
    }
    return FilterHeadersStatus.Continue;
  }

  private sign(): void {
    const data = String.UTF8.encode("data");
    const made = sign("sha256", Key.pem(this.root.privateKey), data);
    const key = Key.pem(this.root.publicKey);
    log.info(`${made.ok} ${made.signature.byteLength} ${made.error}`);
    log.info(hex(Uint8Array.wrap(made.signature)));
    const right = verifySignature("SHA256", key, made.signature, data);
    const wrong = verifySignature("sha256", key, made.signature, String.UTF8.encode("date"));
    const unknown = verifySignature("md5", key, made.signature, data);
    log.info(`${right.ok} ${wrong.ok} ${wrong.error.length > 0} ${unknown.error}`);
    log.info(`${sign("sha256", Key.der(data), data).error}`);
  }

  private evaluate(): void {
    const value = this.root.expression!.evaluate();
    const size = evaluate("size(request.headers['x-a'])");
    log.info(`${value !== null && value.bool()} ${size === null ? -1 : size.integer(-2)}`);
    log.info(`${Expression.compile("1 +") === null}`);
  }
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; ++i) text += (<i32>bytes[i] >> 4).toString(16) + (bytes[i] & 15).toString(16);
  return text;
}

registerRootContext((id) => new ForeignRoot(id));
