// A filter in solo-io's manner that asks a service before it lets a request go on; compat.test.ts runs it.
export * from "@solo-io/proxy-runtime/assembly/proxy";

import {
  BaseContext,
  BufferTypeValues,
  Context,
  continue_request,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  GrpcStatusValues,
  get_buffer_bytes,
  LogLevelValues,
  log,
  makeHeaderPair,
  RootContext,
  registerRootContext,
  send_local_response,
  stream_context,
  WasmResultValues,
} from "@solo-io/proxy-runtime/assembly";

class AuthRoot extends RootContext {
  createContext(context_id: u32): Context {
    return new Auth(context_id, this);
  }

  onDelete(): void {
    log(LogLevelValues.warn, "root deleted");
  }
}

class Auth extends Context {
  isAllowed: bool = false;

  constructor(context_id: u32, root_context: AuthRoot) {
    super(context_id, root_context);
  }

  onRequestHeaders(a: u32, end_of_stream: bool): FilterHeadersStatusValues {
    const headers = [
      makeHeaderPair(":method", "GET"),
      makeHeaderPair(":path", stream_context.headers.request.get(":path")),
      makeHeaderPair(":authority", "auth"),
    ];
    const result = this.root_context.httpCall(
      this.root_context.getConfiguration(),
      headers,
      new ArrayBuffer(0),
      [],
      500,
      this,
      (origin_context: BaseContext, headers: u32, body_size: usize, trailers: u32) => {
        const self = origin_context as Auth;
        if (headers == 0) log(LogLevelValues.warn, "no answer");
        const status = headers == 0 ? "" : stream_context.headers.http_callback.get(":status");
        const body = get_buffer_bytes(BufferTypeValues.HttpCallResponseBody, 0, body_size as u32);
        if (status != "200") {
          send_local_response(403, "denied", body, [], GrpcStatusValues.PermissionDenied);
          return;
        }
        stream_context.headers.request.add("x-user", String.UTF8.decode(body));
        self.isAllowed = true;
        continue_request();
      },
    );
    if (result != WasmResultValues.Ok) {
      send_local_response(500, "not_sent", new ArrayBuffer(0), [], GrpcStatusValues.Internal);
    }
    return FilterHeadersStatusValues.StopIteration;
  }

  onRequestBody(body_buffer_length: usize, end_of_stream: bool): FilterDataStatusValues {
    return this.isAllowed ? FilterDataStatusValues.Continue : FilterDataStatusValues.StopIterationAndBuffer;
  }
}

registerRootContext((context_id: u32) => new AuthRoot(context_id), "auth");
