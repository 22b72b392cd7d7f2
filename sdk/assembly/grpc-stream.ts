// gRPC streams: any number of messages each way. See grpc.ts.
import { GrpcStatus, MapKind, Status } from "./abi";
import { Buffer } from "./body";
import { Context } from "./contexts";
import * as host from "./env";
import { forget, GrpcReceiver, GrpcService, isOpen, open, receiver } from "./grpc";
import { HeaderMap, Headers } from "./headers";
import { outPtr, outU32 } from "./memory";
import { Encoder, first, second } from "./text";

/**
 * Extend it with the callbacks that you need: they do not fit one function. They run on behalf of the owner that `open` was
 * given; when its stream ends, the gRPC stream is reset and nothing is called.
 */
export abstract class GrpcStream extends GrpcReceiver {
  /** Nothing more may be sent: this side or the other has ended. */
  private isEnded: bool = false;

  /** Valid inside the callback only, like the others. */
  onInitialMetadata(metadata: HeaderMap): void {}

  onMessage(message: Buffer): void {}

  onTrailingMetadata(metadata: HeaderMap): void {}

  /** The last callback, whoever ended it; not called after `cancel`. `error` is what the other side says. */
  onClose(status: GrpcStatus, error: string): void {}

  /** Opens it. InternalFailure: unknown cluster, no healthy host. ParseFailure: the service cannot be read. */
  open(
    service: GrpcService,
    serviceName: string,
    methodName: string,
    owner: Context,
    metadata: Headers = new Headers(),
  ): Status {
    const target = service.bytes;
    const lines = new Encoder();
    metadata.encode(lines);
    first().set(serviceName);
    second().set(methodName);
    const status = host.proxy_grpc_stream(
      changetype<usize>(target),
      target.byteLength,
      first().ptr,
      first().length,
      second().ptr,
      second().length,
      lines.ptr,
      lines.length,
      outPtr(),
    );
    if (status != Status.Ok) return status;
    this.isEnded = false;
    open(outU32(), owner, this);
    return status;
  }

  /** Sends a message; the last one says so. NotFound: this side or the other has ended. */
  send(message: ArrayBuffer, isLast: bool = false): Status {
    if (this.isEnded || !isOpen(this.token)) return Status.NotFound;
    this.isEnded = isLast;
    return host.proxy_grpc_send(this.token, changetype<usize>(message), message.byteLength, isLast);
  }

  /** Says that no more messages will be sent; the other side may still send. NotFound: one side has ended. */
  close(): Status {
    if (this.isEnded || !isOpen(this.token)) return Status.NotFound;
    this.isEnded = true;
    return host.proxy_grpc_close(this.token);
  }

  /** Resets it: nothing is called any more. NotFound: the stream is over. */
  cancel(): Status {
    if (!isOpen(this.token)) return Status.NotFound;
    forget(this.token);
    return host.proxy_grpc_cancel(this.token);
  }

  /** The other side has ended. */
  endSending(): void {
    this.isEnded = true;
  }

  receive(message: Buffer): void {
    this.onMessage(message);
  }

  end(status: GrpcStatus, error: string): void {
    this.onClose(status, error);
  }
}

export function deliverGrpcInitialMetadata(token: u32): void {
  const stream = streamOf(token);
  if (stream !== null) stream.onInitialMetadata(new HeaderMap(MapKind.GrpcReceiveInitialMetadata));
}

export function deliverGrpcTrailingMetadata(token: u32): void {
  const stream = streamOf(token);
  if (stream === null) return;
  stream.endSending();
  stream.onTrailingMetadata(new HeaderMap(MapKind.GrpcReceiveTrailingMetadata));
}

function streamOf(token: u32): GrpcStream | null {
  const found = receiver(token);
  return found instanceof GrpcStream ? changetype<GrpcStream>(found) : null;
}
