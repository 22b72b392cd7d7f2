// Asks a service which test cohort a user is in, and tells upstream in `x-test-cohort`. Answers are kept in shared data,
// for all workers. Without the service, or without a user, the default cohort serves: a test never breaks a request.
import {
  Buffer,
  CallResponse,
  clock,
  FilterHeadersStatus,
  HttpCall,
  HttpContext,
  log,
  RootContext,
  registerRootContext,
  Status,
} from "@proxy-wasm-kit/sdk";
import { Cache } from "./cache";
import { Config, readConfig } from "./config";

const COHORT_HEADER = "x-test-cohort";
const USER_HEADER = "x-user-id";

class CohortRoot extends RootContext {
  private settings: Config | null = null;

  onConfigure(configuration: Buffer): bool {
    const config = readConfig(configuration.bytes());
    this.settings = config;
    return config !== null;
  }

  // Streams come only after a configuration was accepted.
  get config(): Config {
    return this.settings!;
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Cohort(id, this);
  }
}

class Cohort extends HttpContext {
  private user: string = "";

  constructor(
    id: u32,
    private root: CohortRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const user = this.request.headers.get(USER_HEADER);
    if (user === null || user.length == 0) return this.goOn(this.root.config.otherwise);
    const known = Cache.get(user, clock.nowNs());
    if (known !== null) return this.goOn(known);
    this.user = user;
    const status = this.ask(user);
    // Not StopIteration: with `allow_on_headers_stop_iteration`, the body's callback would let the headers go.
    if (status == Status.Ok) return FilterHeadersStatus.StopAllIterationAndWatermark;
    log.warn(`ab-cohort: the service cannot be called (status ${status})`);
    return this.goOn(this.root.config.otherwise);
  }

  private ask(user: string): Status {
    const config = this.root.config;
    return new HttpCall(config.cluster)
      .header(":method", "GET")
      .header(":path", config.path + "?user=" + encodeURIComponent(user))
      .header(":authority", config.cluster)
      .timeoutMs(config.timeoutMs)
      .send(this, (self: Cohort, response: CallResponse) => self.onAnswer(response));
  }

  private onAnswer(response: CallResponse): void {
    const config = this.root.config;
    const cohort = response.status == 200 ? response.body.text().trim() : "";
    if (isCohort(cohort)) {
      Cache.set(this.user, cohort, clock.nowNs() + config.keepNs);
      this.goOn(cohort);
    } else {
      log.warn(`ab-cohort: no cohort in the service's answer (status ${response.status})`);
      this.goOn(config.otherwise);
    }
    this.resumeRequest();
  }

  private goOn(cohort: string): FilterHeadersStatus {
    // What the client says of its cohort counts for nothing.
    this.request.headers.set(COHORT_HEADER, cohort);
    return FilterHeadersStatus.Continue;
  }
}

/** Letters, digits, "-" and "_", 1 to 64 of them. */
function isCohort(text: string): bool {
  if (text.length == 0 || text.length > 64) return false;
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
    if (!isLetter && !(code >= 48 && code <= 57) && code != 45 && code != 95) return false;
  }
  return true;
}

registerRootContext((id) => new CohortRoot(id));
