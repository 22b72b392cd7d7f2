// HTTP requests to a cluster of Envoy's, answered later. Source: proxy-wasm/spec "HTTP calls"; Envoy delivers the answer on
// the root context, whoever asked, and also when the stream that asked is gone.
import { BufferKind, MapKind, Status } from "./abi";
import { Buffer } from "./body";
import { Context } from "./contexts";
import { context } from "./dispatcher";
import * as host from "./env";
import { HeaderMap, Headers } from "./headers";
import { IdTable } from "./id-table";
import { outPtr, outU32 } from "./memory";
import { Pending, track, untrack } from "./pending";
import { Encoder, first } from "./text";

/** An HTTP request to send: `new HttpCall("auth").header(":path", "/check").send(this, (self, response) => { ... })`. */
export class HttpCall {
  private headers: Headers = new Headers();
  private trailers: Headers = new Headers();
  private content: ArrayBuffer = new ArrayBuffer(0);
  private patienceMs: u32 = 1000;

  /** `cluster` is the name of one that Envoy has. */
  constructor(private cluster: string) {}

  /** ":method", ":path" and ":authority" are required. */
  header(name: string, value: string): this {
    this.headers.with(name, value);
    return this;
  }

  trailer(name: string, value: string): this {
    this.trailers.with(name, value);
    return this;
  }

  body(data: ArrayBuffer): this {
    this.content = data;
    return this;
  }

  /** How long the whole answer may take; 0 for ever. Default: 1000. */
  timeoutMs(milliseconds: u32): this {
    this.patienceMs = milliseconds;
    return this;
  }

  /**
   * Sends it; `done` is called once with the answer, on behalf of `owner`, whose stream it can then answer or resume. When
   * that stream is gone by then, nothing is called. There are no closures, so `owner` is handed to `done`.
   * BadArgument: unknown cluster, a required header is missing, a timeout of 2^31 ms or more. InternalFailure: it failed at once (no healthy host).
   * After any status but Ok nothing is called: do not pause for it.
   */
  send<T extends Context>(owner: T, done: (owner: T, response: CallResponse) => void): Status {
    const headers = new Encoder();
    const trailers = new Encoder();
    this.headers.encode(headers);
    this.trailers.encode(trailers);
    first().set(this.cluster);
    const status = host.proxy_http_call(
      first().ptr,
      first().length,
      headers.ptr,
      headers.length,
      changetype<usize>(this.content),
      this.content.byteLength,
      trailers.ptr,
      trailers.length,
      this.patienceMs,
      outPtr(),
    );
    // References are pointers, so the function takes any context; it is only ever given its owner.
    if (status == Status.Ok) {
      const call = new PendingCall(outU32(), owner, changetype<Done>(done));
      pending().set(call);
      track(call);
    }
    return status;
  }
}

/** The answer to an `HttpCall`; valid only inside the function that is given it. */
export class CallResponse {
  /** `failed`: the stream was reset and there is no answer. Timeouts and refused connections are answers: 504 and 503. */
  constructor(readonly failed: bool) {}

  /** The HTTP status; 0 when `failed`. */
  get status(): i32 {
    const text = this.headers.get(":status");
    return text === null ? 0 : i32.parse(text);
  }

  get headers(): HeaderMap {
    return new HeaderMap(MapKind.HttpCallResponseHeaders);
  }

  get body(): Buffer {
    return new Buffer(BufferKind.HttpCallResponseBody);
  }

  get trailers(): HeaderMap {
    return new HeaderMap(MapKind.HttpCallResponseTrailers);
  }
}

type Done = (owner: Context, response: CallResponse) => void;

class PendingCall extends Pending {
  constructor(
    token: u32,
    owner: Context,
    readonly done: Done,
  ) {
    super(token, owner);
  }

  abandon(): void {
    pending().delete(this.id);
  }
}

// Made with the first call, so that a filter which makes none has no table.
let calls: IdTable<PendingCall> | null = null;

function pending(): IdTable<PendingCall> {
  const known = calls;
  if (known !== null) return known;
  const made = new IdTable<PendingCall>();
  calls = made;
  return made;
}

/** Calls back for a token; one that is not known, or whose owner is gone, is ignored. */
export function deliverHttpCallResponse(token: u32, headerCount: u32): void {
  const call = pending().get(token);
  if (call === null) return;
  pending().delete(token);
  untrack(call);
  const owner = call.owner;
  if (context(owner.id) !== owner) return;
  if (host.proxy_set_effective_context(owner.id) != Status.Ok) return;
  call.done(owner, new CallResponse(headerCount == 0));
}
