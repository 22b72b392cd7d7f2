// Restores the padding of the base64 that Envoy's JWT filter writes into `outputPayloadToHeader` (Istio) or
// `forward_payload_header` without it, for applications whose decoder wants it. Put it after the JWT filter.
// The configuration is the header's name, as plain text.
import { Buffer, FilterHeadersStatus, HttpContext, log, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";

class PaddingRoot extends RootContext {
  header: string = "";

  onConfigure(configuration: Buffer): bool {
    this.header = configuration.text();
    if (isHeaderName(this.header)) return true;
    log.error("jwt-payload-padding: the configuration is a header's name");
    return false;
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Padding(id, this);
  }
}

class Padding extends HttpContext {
  constructor(
    id: u32,
    private root: PaddingRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const headers = this.request.headers;
    const payload = headers.get(this.root.header);
    if (payload === null) return FilterHeadersStatus.Continue;
    const missing = (4 - (payload.length & 3)) & 3;
    // 3 would be one character too many for base64: whatever it is, it is not ours to mend.
    if (missing == 1 || missing == 2) headers.set(this.root.header, payload + "=".repeat(missing));
    else if (missing == 3) log.warn("jwt-payload-padding: the header is not base64");
    return FilterHeadersStatus.Continue;
  }
}

/** Letters, digits and "-". */
function isHeaderName(text: string): bool {
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    const isLetter = (code | 32) >= 97 && (code | 32) <= 122;
    if (!isLetter && !(code >= 48 && code <= 57) && code != 45) return false;
  }
  return text.length > 0;
}

registerRootContext((id) => new PaddingRoot(id));
