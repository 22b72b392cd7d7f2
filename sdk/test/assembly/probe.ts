// A filter that does what the request's path says and logs what it sees; filter.test.ts runs it.
import {
  Buffer,
  clock,
  environment,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  Headers,
  HttpContext,
  LocalResponse,
  log,
  Path,
  property,
  RootContext,
  registerRootContext,
} from "@proxy-wasm-kit/sdk";

let evaluations = 0;

function costly(): string {
  evaluations += 1;
  return "costly";
}

const show = (text: string | null): string => (text === null ? "null" : `"${text}"`);

class ProbeRoot extends RootContext {
  settings: string = "";

  onConfigure(configuration: Buffer): bool {
    this.settings = configuration.text();
    return this.settings != "refuse";
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Probe(id, this);
  }
}

class Probe extends HttpContext {
  private path: string = "";

  constructor(
    id: u32,
    private root: ProbeRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const headers = this.request.headers;
    const path = headers.get(":path");
    this.path = path === null ? "" : path;
    if (path == "/get") {
      log.info(`${show(headers.get("x-a"))} ${show(headers.get("X-B"))} ${show(headers.get("x-none"))}`);
      log.info(headers.getAll("x-a").join("|"));
      const entries = headers.entries();
      let names = "";
      while (entries.next()) names += entries.name + "=" + entries.value + ";";
      log.info(names);
    } else if (path == "/set") {
      log.info(
        `${headers.set("x-a", "1")} ${headers.add("x-b", "é")} ${headers.remove("x-c")} ${headers.remove("x-none")}`,
      );
    } else if (path == "/forge") {
      log.info(
        `${headers.set("x-a", "1\r\nx-b: 2")} ${headers.add("x-a\n", "1")} ${this.response.headers.set("x-a", "1")}`,
      );
    } else if (path == "/local") {
      new LocalResponse(418)
        .header("x-a", "1")
        .header("x-a", "2")
        .header("x-forged", "1\r\nx-b: 2")
        .body("é")
        .details("probe:no way")
        .send();
    } else if (path == "/property") {
      const set = property.set("probe", "é");
      log.info(`${show(property.text(Path.of("request.path")))} ${show(property.text(Path.of("request.none")))}`);
      log.info(
        `${set} ${show(property.text(Path.segments(["filter_state", "wasm.probe"])))} ${property.has(Path.of("probe"))}`,
      );
    } else if (path == "/settings") {
      log.info(
        `${this.root.settings} ${show(environment.get("PROBE"))} ${show(environment.get("NONE"))} ${clock.nowSeconds()}`,
      );
    } else if (path == "/levels") {
      log.debug(costly());
      // An arrow function's body without braces is no statement to guard.
      const say = (text: string): void => log.debug(text);
      say("1");
      log.info(`${evaluations}`);
      log.error("error");
    }
    const empty = new Headers();
    return empty === null ? FilterHeadersStatus.StopIteration : FilterHeadersStatus.Continue;
  }

  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    if (this.path != "/edit" && this.path != "/read") return FilterDataStatus.Continue;
    if (!endOfStream) return FilterDataStatus.StopIterationAndBuffer;
    const body = this.request.body;
    if (this.path == "/read") {
      let pieces = "";
      const reader = body.reader();
      while (reader.next()) pieces += `${reader.length},`;
      log.info(`${body.size} ${pieces} ${body.bytes(2, 3).byteLength} ${body.bytes(i32.MAX_VALUE).byteLength}`);
    } else {
      body.replaceText("b");
      body.prepend(String.UTF8.encode("a"));
      body.append(String.UTF8.encode("é"));
    }
    return FilterDataStatus.Continue;
  }

  onRequestTrailers(count: u32): FilterTrailersStatus {
    log.info(`trailers ${count} ${show(this.request.trailers.get("x-t"))}`);
    return FilterTrailersStatus.Continue;
  }

  onLog(): void {
    if (this.path == "/late") new LocalResponse(500).send();
    if (this.path == "/abort") log.info(this.root.settings.charAt(0) + unchecked([1, 2])[i32.parse("7")].toString());
  }
}

registerRootContext((id) => new ProbeRoot(id), "probe");
registerRootContext((id) => new ProbeRoot(id), "other");
