// Calls that are waited for, by who waits. A stream that ends gives up its own: nobody would hear the answers, and a gRPC
// stream would stay open for ever.
import { Context } from "./contexts";
import { Identified, IdTable } from "./id-table";

/** A call under its token. */
export abstract class Pending extends Identified {
  next: Pending | null = null;

  constructor(
    token: u32,
    readonly owner: Context,
  ) {
    super(token);
  }

  /** Nobody waits for it any more. */
  abstract abandon(): void;
}

class Waiting extends Identified {
  first: Pending | null = null;
}

// Made with the first call, so that a filter which makes none has nothing of this.
let waiting: IdTable<Waiting> | null = null;

export function track(call: Pending): void {
  let table = waiting;
  if (table === null) waiting = table = new IdTable<Waiting>();
  let list = table.get(call.owner.id);
  if (list === null) {
    list = new Waiting(call.owner.id);
    table.set(list);
  }
  call.next = list.first;
  list.first = call;
}

/** The call is over. */
export function untrack(call: Pending): void {
  const table = waiting;
  if (table === null) return;
  const list = table.get(call.owner.id);
  if (list === null) return;
  if (list.first === call) list.first = call.next;
  let before = list.first;
  while (before !== null && before.next !== call) before = before.next;
  if (before !== null) before.next = call.next;
  if (list.first === null) table.delete(list.id);
}

/** The context with this id is gone. */
export function abandonCalls(id: u32): void {
  const table = waiting;
  if (table === null) return;
  const list = table.get(id);
  if (list === null) return;
  table.delete(id);
  let call = list.first;
  while (call !== null) {
    call.abandon();
    call = call.next;
  }
}
