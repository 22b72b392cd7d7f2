// Lets only requests through that have the right key in a header. What is in doubt is refused.
import {
  Buffer,
  Counter,
  environment,
  FilterHeadersStatus,
  HttpContext,
  LocalResponse,
  log,
  RootContext,
  registerRootContext,
} from "@proxy-wasm-kit/sdk";
import { equal } from "@proxy-wasm-kit/sdk/crypto";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";

class Root extends RootContext {
  readonly refused: Counter = Counter.define("my_filter_refused");
  header: string = "";
  private key: ArrayBuffer = new ArrayBuffer(0);

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    this.header = String.UTF8.decode(reader.headerName("header"));
    // Only the variable's name is in the configuration: manifests are no place for secrets.
    const name = reader.string("key_env");
    if (!reader.finish("my-filter")) return false;
    const key = environment.get(name);
    if (key === null || key.length == 0) {
      log.error(
        "my-filter: /key_env: expected a variable of the VM's environment, found none of this name, or an empty one",
      );
      return false;
    }
    this.key = String.UTF8.encode(key);
    return true;
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Stream(id, this);
  }

  isKey(text: string): bool {
    const given = String.UTF8.encode(text);
    const size = this.key.byteLength;
    // In a time that does not tell how much of it was right.
    return given.byteLength == size && equal(changetype<usize>(given), changetype<usize>(this.key), size);
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
    const headers = this.request.headers;
    const keys = headers.getAll(this.root.header);
    if (keys.length == 0) return this.refuse("missing_key");
    // Of two keys, upstream might read the other one.
    if (keys.length > 1 || !this.root.isKey(keys[0])) return this.refuse("wrong_key");
    headers.remove(this.root.header);
    return FilterHeadersStatus.Continue;
  }

  private refuse(reason: string): FilterHeadersStatus {
    this.root.refused.increment();
    new LocalResponse(401)
      .body("unauthorized\n")
      .details("my_filter:" + reason)
      .send();
    return FilterHeadersStatus.StopAllIterationAndWatermark;
  }
}

registerRootContext((id) => new Root(id));
