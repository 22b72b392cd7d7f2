// Edits a body that a filter behind it has seen a part of: the first piece passes, the rest is held up to the trailers.
import {
  Buffer,
  FilterDataStatus,
  FilterTrailersStatus,
  HttpContext,
  RootContext,
  registerRootContext,
} from "@proxy-wasm-kit/sdk";

class Root extends RootContext {
  text: string = "";

  onConfigure(configuration: Buffer): bool {
    this.text = configuration.text();
    return true;
  }

  createHttpContext(id: u32): HttpContext {
    return new LateEdit(id, this);
  }
}

class LateEdit extends HttpContext {
  private pieces: i32 = 0;

  constructor(
    id: u32,
    private root: Root,
  ) {
    super(id);
  }

  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    return this.pieces++ == 0 ? FilterDataStatus.Continue : FilterDataStatus.StopIterationAndBuffer;
  }

  onRequestTrailers(count: u32): FilterTrailersStatus {
    const text = this.root.text;
    // "+text" is appended; all else takes the place of the whole body.
    if (text.startsWith("+")) this.request.body.append(String.UTF8.encode(text.substring(1)));
    else this.request.body.replaceText(text);
    return FilterTrailersStatus.Continue;
  }
}

registerRootContext((id) => new Root(id));
