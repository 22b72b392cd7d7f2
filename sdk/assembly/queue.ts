// Queues between VMs of one process. `RootContext.onQueueReady` is called once for each item, in the VM that registered
// the queue last.
import { Status } from "./abi";
import * as host from "./env";
import { unexpected } from "./log";
import { outPtr, outSize, outU32, take } from "./memory";
import { first, second } from "./text";

export class SharedQueue {
  /** Makes the queue of this name in the VM's own vm_id, or finds it, and has its items delivered to this root context. */
  static register(name: string): SharedQueue | null {
    first().set(name);
    const status = host.proxy_register_shared_queue(first().ptr, first().length, outPtr());
    if (status == Status.Ok) return new SharedQueue(outU32());
    unexpected("proxy_register_shared_queue", status);
    return null;
  }

  /** The queue that a VM of this vm_id has registered; null when none has. "" is the VM's own. */
  static resolve(vmId: string, name: string): SharedQueue | null {
    first().set(vmId);
    second().set(name);
    const status = host.proxy_resolve_shared_queue(
      first().ptr,
      first().length,
      second().ptr,
      second().length,
      outPtr(),
    );
    if (status == Status.Ok) return new SharedQueue(outU32());
    if (status != Status.NotFound) unexpected("proxy_resolve_shared_queue", status);
    return null;
  }

  /** `token` is the queue's number in this process, as `onQueueReady` has it. */
  constructor(readonly token: u32) {}

  /** NotFound: the queue is gone. */
  enqueue(data: ArrayBuffer): Status {
    return host.proxy_enqueue_shared_queue(this.token, changetype<usize>(data), data.byteLength);
  }

  /** The oldest item; null when there is none, as when another VM was faster. */
  dequeue(): ArrayBuffer | null {
    const status = host.proxy_dequeue_shared_queue(this.token, outPtr(), outSize());
    if (status == Status.Ok) return take();
    if (status != Status.Empty && status != Status.NotFound) unexpected("proxy_dequeue_shared_queue", status);
    return null;
  }
}
