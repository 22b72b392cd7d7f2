// gRPC calls to a cluster of Envoy's. The host frames messages and speaks HTTP/2; both sides see bare messages, as bytes.
// Source: proxy-wasm/spec "gRPC calls"; Envoy calls back on the root context, whoever asked, also for tokens it never
// gave out (a call that failed at once) and when the stream that asked is gone.
import { BufferKind, GrpcStatus, Status } from "./abi";
import { Buffer } from "./body";
import { Context } from "./contexts";
import { context } from "./dispatcher";
import * as host from "./env";
import { Headers } from "./headers";
import { IdTable } from "./id-table";
import { outPtr, outSize, outU32, take } from "./memory";
import { Pending, track, untrack } from "./pending";
import { ProtobufReader, ProtobufWriter } from "./protobuf";
import { decode, Encoder, first, second } from "./text";

/** Where a gRPC service is, as Envoy wants it: an encoded `envoy.config.core.v3.GrpcService`. */
export class GrpcService {
  /** A cluster that Envoy has. (A bare name would do for most names, and abort Envoy for those that parse as protobuf.) */
  static cluster(name: string): GrpcService {
    const envoyGrpc = new ProtobufWriter().text(1, name); // cluster_name
    return new GrpcService(new ProtobufWriter().message(1, envoyGrpc).toBuffer()); // envoy_grpc
  }

  /**
   * Any other `GrpcService`, encoded: with an authority, initial metadata, a retry policy. null: it is no such message, or has
   * neither `envoy_grpc` nor `google_grpc`, which would abort Envoy.
   */
  static proto(bytes: ArrayBuffer): GrpcService | null {
    const reader = new ProtobufReader(bytes);
    let hasTarget = false;
    while (reader.next()) if (reader.field == 1 || reader.field == 2) hasTarget = true;
    if (!hasTarget || reader.malformed) return null;
    return new GrpcService(bytes);
  }

  private constructor(readonly bytes: ArrayBuffer) {}
}

/** A call with one message each way: `new GrpcCall(service, "auth.v1.Auth", "Check").send(message, this, (self, response) => { ... })`. */
export class GrpcCall {
  private lines: Headers = new Headers();
  private patienceMs: u32 = 1000;
  private token: u32 = 0;

  constructor(
    private service: GrpcService,
    private serviceName: string,
    private methodName: string,
  ) {}

  /** A line of initial metadata. Names that end in "-bin" have values in base64. */
  metadata(name: string, value: string): this {
    this.lines.with(name, value);
    return this;
  }

  /** How long the answer may take; 0 for ever. Default: 1000. */
  timeoutMs(milliseconds: u32): this {
    this.patienceMs = milliseconds;
    return this;
  }

  /**
   * Sends `message`; `done` is called once with the answer or the failure, on behalf of `owner`. When its stream is gone by
   * then, nothing is called. InternalFailure: unknown cluster, no healthy host. ParseFailure: the service is not one that
   * Envoy can read. After any status but Ok nothing is called: do not pause for it.
   */
  send<T extends Context>(message: ArrayBuffer, owner: T, done: (owner: T, response: GrpcResponse) => void): Status {
    const service = this.service.bytes;
    const metadata = new Encoder();
    this.lines.encode(metadata);
    first().set(this.serviceName);
    second().set(this.methodName);
    const status = host.proxy_grpc_call(
      changetype<usize>(service),
      service.byteLength,
      first().ptr,
      first().length,
      second().ptr,
      second().length,
      metadata.ptr,
      metadata.length,
      changetype<usize>(message),
      message.byteLength,
      this.patienceMs,
      outPtr(),
    );
    if (status != Status.Ok) return status;
    this.token = outU32();
    // References are pointers, so the function takes any context; it is only ever given its owner.
    open(this.token, owner, new Unary(owner, changetype<Done>(done)));
    return status;
  }

  /** Gives up the call that was sent last: `done` is not called. NotFound: it is over. */
  cancel(): Status {
    if (!isOpen(this.token)) return Status.NotFound;
    forget(this.token);
    return host.proxy_grpc_cancel(this.token);
  }
}

/** The outcome of a `GrpcCall`; valid only inside the function that is given it. */
export class GrpcResponse {
  constructor(
    /** `Ok` with a message; anything else without. An unreachable service or a timeout is `Unavailable`. */
    readonly status: GrpcStatus,
    /** What the service or Envoy says about a failure, not percent-decoded. */
    readonly error: string,
  ) {}

  /** The message; empty after a failure. */
  get message(): Buffer {
    return new Buffer(BufferKind.GrpcReceiveBuffer);
  }
}

/** Who is told what comes for a token. */
export abstract class GrpcReceiver {
  /** The host's number of the call or stream; 0 before there is one. */
  token: u32 = 0;

  abstract receive(message: Buffer): void;
  abstract end(status: GrpcStatus, error: string): void;
}

type Done = (owner: Context, response: GrpcResponse) => void;

class Unary extends GrpcReceiver {
  constructor(
    private owner: Context,
    private done: Done,
  ) {
    super();
  }

  receive(message: Buffer): void {
    // A call has one message, and after it no close.
    forget(this.token);
    this.done(this.owner, new GrpcResponse(GrpcStatus.Ok, ""));
  }

  end(status: GrpcStatus, error: string): void {
    this.done(this.owner, new GrpcResponse(status, error));
  }
}

class Open extends Pending {
  constructor(
    token: u32,
    owner: Context,
    readonly receiver: GrpcReceiver,
  ) {
    super(token, owner);
  }

  abandon(): void {
    table().delete(this.id);
    host.proxy_grpc_cancel(this.id);
  }
}

// Made with the first call, so that a filter which makes none has no table.
let known: IdTable<Open> | null = null;

function table(): IdTable<Open> {
  const made = known;
  if (made !== null) return made;
  const fresh = new IdTable<Open>();
  known = fresh;
  return fresh;
}

export function open(token: u32, owner: Context, receiver: GrpcReceiver): void {
  const call = new Open(token, owner, receiver);
  receiver.token = token;
  table().set(call);
  track(call);
}

export function isOpen(token: u32): bool {
  return table().get(token) !== null;
}

export function forget(token: u32): void {
  const call = table().get(token);
  if (call === null) return;
  table().delete(token);
  untrack(call);
}

/**
 * Who is to be told, with the owner's stream made the one that host calls act on. Null for a token that is not known, and
 * for one whose owner is gone, which is then forgotten.
 */
export function receiver(token: u32): GrpcReceiver | null {
  const found = table().get(token);
  if (found === null) return null;
  const owner = found.owner;
  if (context(owner.id) === owner && host.proxy_set_effective_context(owner.id) == Status.Ok) return found.receiver;
  forget(token);
  host.proxy_grpc_cancel(token);
  return null;
}

export function deliverGrpcMessage(token: u32): void {
  const told = receiver(token);
  if (told !== null) told.receive(new Buffer(BufferKind.GrpcReceiveBuffer));
}

export function deliverGrpcClose(token: u32, status: GrpcStatus): void {
  const error = statusMessage();
  const told = receiver(token);
  if (told === null) return;
  forget(token);
  told.end(status, error);
}

/** What the host says of the call that ends in this callback. */
function statusMessage(): string {
  // The code is the callback's argument too.
  const status = host.proxy_get_status(outPtr() + 4, outPtr(), outSize());
  return status == Status.Ok ? decode(take()) : "";
}
