// shadow-host: gives mirrored requests the host back that Envoy's shadow writer changed, and keeps them from doing harm. This
// file has the contexts; what came is read in arrival.ts, the configuration in config.ts.
import {
  Buffer,
  Counter,
  clearRouteCache,
  FilterHeadersStatus,
  HeaderMap,
  HttpContext,
  log,
  RootContext,
  registerRootContext,
  Status,
} from "@proxy-wasm-kit/sdk";
import { Arrival } from "./arrival";
import { Config, readConfig } from "./config";
import { detailsOf, Reason, refusalOf } from "./refusal";
import { Settings } from "./settings";

class ShadowHostRoot extends RootContext {
  readonly arrival: Arrival = new Arrival();
  readonly mirrored: Counter = Counter.define("shadow_host_mirrored");
  readonly rewritten: Counter = Counter.define("shadow_host_rewritten");
  readonly refused: Counter = Counter.define("shadow_host_refused");
  private read: Config | null = null;

  onConfigure(configuration: Buffer): bool {
    this.read = readConfig(configuration.bytes());
    return this.read !== null;
  }

  // Streams come only after a configuration was accepted; the assertion fails closed on a host where that is not so.
  get config(): Config {
    return this.read!;
  }

  createHttpContext(id: u32): HttpContext {
    return new ShadowHost(id, this);
  }
}

class ShadowHost extends HttpContext {
  constructor(
    id: u32,
    private root: ShadowHostRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const config = this.root.config;
    const arrival = this.root.arrival;
    const headers = this.request.headers;
    arrival.read(headers, config);
    if (arrival.hasShadowHeader) headers.remove(config.shadowHeader!.name);
    if (!arrival.isMirrored) return FilterHeadersStatus.Continue;
    this.root.mirrored.increment();
    const reason = this.treat(headers, config, arrival);
    if (reason == Reason.None) return FilterHeadersStatus.Continue;
    log.debug(detailsOf(reason));
    this.root.refused.increment();
    refusalOf(reason).send();
    return FilterHeadersStatus.StopIteration;
  }

  /** Makes of a mirrored request what the settings say. */
  private treat(headers: HeaderMap, config: Config, arrival: Arrival): Reason {
    // First, so that rules see the host that the client has asked for.
    if (arrival.hasSuffix && !setHost(headers, arrival.host.toBuffer())) return Reason.HostNotSet;
    const settings = config.rules.match(headers);
    if (settings.refusesUnsafeMethods && !arrival.isSafe) return Reason.UnsafeMethod;
    const mapped = settings.map.apply(arrival.host);
    if (mapped === null && settings.refusesUnmapped) return Reason.HostNotMapped;
    if (mapped !== null && !setHost(headers, mapped)) return Reason.HostNotSet;
    if (arrival.hasSuffix || mapped !== null) {
      this.root.rewritten.increment();
      if (config.setsForwardedHost) headers.setBytes("x-forwarded-host", arrival.host.toBuffer());
      if (config.setsOriginalHost) headers.setBytes("x-envoy-original-host", arrival.authority.toBuffer());
    }
    this.changeHeaders(headers, config, settings);
    // Envoy does so by itself when a module of this ABI changes headers, and will not with a later one (release notes of 1.33).
    clearRouteCache();
    return Reason.None;
  }

  private changeHeaders(headers: HeaderMap, config: Config, settings: Settings): void {
    const removed = settings.removeHeaders;
    for (let i = 0; i < removed.length; ++i) headers.remove(unchecked(removed[i]));
    const replaced = settings.replaceHeaders;
    for (let i = 0; i < replaced.length; ++i) {
      const line = unchecked(replaced[i]);
      // Anonymous requests stay anonymous.
      if (headers.has(line.name)) headers.set(line.name, line.value);
    }
    const shadowHeader = config.shadowHeader;
    if (shadowHeader !== null) headers.set(shadowHeader.name, shadowHeader.value);
  }
}

function setHost(headers: HeaderMap, authority: ArrayBuffer): bool {
  return headers.setBytes(":authority", authority) == Status.Ok;
}

registerRootContext((id) => new ShadowHostRoot(id));
