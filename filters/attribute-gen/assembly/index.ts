// attribute-gen: turns a request into attributes, for metrics and access logs. This file has the contexts: when attributes
// are made, and where they go. What a condition is, condition/ knows; the configuration is in config.ts.
import {
  Buffer,
  Counter,
  FilterHeadersStatus,
  HeaderMap,
  HttpContext,
  log,
  property,
  RootContext,
  registerRootContext,
  Status,
  StringBuilder,
} from "@proxy-wasm-kit/sdk";
import { Config, readConfig } from "./config";
import { Generator, Outcome, Phase } from "./generator";

const value = new StringBuilder();

/** A header of the response, until there is one. */
class ResponseHeader {
  next: ResponseHeader | null = null;

  constructor(
    readonly name: string,
    /** Null: no such header. */
    readonly value: ArrayBuffer | null,
  ) {}
}

class AttributeGenRoot extends RootContext {
  private settings: Config | null = null;
  private errors: Counter = Counter.define("attribute_gen_errors");
  private overflows: Counter = Counter.define("attribute_gen_overflows");

  onConfigure(configuration: Buffer): bool {
    const config = readConfig(configuration.bytes());
    this.settings = config;
    return config !== null;
  }

  // Streams come only after a configuration was accepted; the assertion fails closed on a host where that is not so.
  get config(): Config {
    return this.settings!;
  }

  createHttpContext(id: u32): HttpContext {
    return new AttributeGen(id, this);
  }

  /** Evaluates one attribute; whether it has a value, which is then in `value`. */
  evaluate(generator: Generator): bool {
    const config = this.config;
    const outcome = generator.evaluate(config.facts, value);
    if (outcome == Outcome.Error) this.errors.increment();
    if (outcome == Outcome.Overflow) this.overflows.increment();
    if (config.isDebugging) this.tell(generator, outcome);
    return outcome == Outcome.Set || outcome == Outcome.Overflow;
  }

  /** What no header can have (a line break) must not leave the client's own in its place. */
  setHeader(headers: HeaderMap, name: string, bytes: ArrayBuffer): void {
    if (headers.setBytes(name, bytes) == Status.Ok) return;
    headers.remove(name);
    this.errors.increment();
  }

  private tell(generator: Generator, outcome: Outcome): void {
    let text = "is not set";
    if (outcome == Outcome.Error) text = "cannot be evaluated";
    else if (outcome != Outcome.Unset) text = "is " + value.toString();
    log.debug("attribute-gen: " + generator.name + " " + text);
  }
}

class AttributeGen extends HttpContext {
  private responseHeaders: ResponseHeader | null = null;
  private lastResponseHeader: ResponseHeader | null = null;

  constructor(
    id: u32,
    private root: AttributeGenRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const config = this.root.config;
    if (config.hasOnRequest) this.generate(config, Phase.OnRequest);
    return FilterHeadersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const headers = this.response.headers;
    let header = this.responseHeaders;
    while (header !== null) {
      if (header.value === null) headers.remove(header.name);
      else this.root.setHeader(headers, header.name, header.value!);
      header = header.next;
    }
    return FilterHeadersStatus.Continue;
  }

  onLog(): void {
    const config = this.root.config;
    if (config.hasAfterResponse) this.generate(config, Phase.AfterResponse);
  }

  private generate(config: Config, phase: Phase): void {
    config.facts.begin();
    let generator = config.first;
    while (generator !== null) {
      if (generator.phase == phase) this.make(generator);
      generator = generator.next;
    }
  }

  private make(generator: Generator): void {
    const isSet = this.root.evaluate(generator);
    let bytes: ArrayBuffer | null = null;
    if (isSet) {
      bytes = value.toBuffer();
      property.setBytes(generator.name, bytes);
    }
    if (generator.requestHeader.length != 0) {
      const headers = this.request.headers;
      if (bytes === null) headers.remove(generator.requestHeader);
      else this.root.setHeader(headers, generator.requestHeader, bytes);
      // The conditions of the attributes behind see the headers as they are now.
      this.root.config.facts.begin();
    }
    if (generator.responseHeader.length != 0) {
      const header = new ResponseHeader(generator.responseHeader, bytes);
      const last = this.lastResponseHeader;
      if (last === null) this.responseHeaders = header;
      else last.next = header;
      this.lastResponseHeader = header;
    }
  }
}

// Under any root ID: Istio's plugin has one that users chose.
registerRootContext((id) => new AttributeGenRoot(id));
