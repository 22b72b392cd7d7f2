// Requests that wait for their verdict, oldest first. They are linked through themselves and all wait equally long, so
// adding, removing and finding late ones allocate nothing and cost the same however many wait.
import { HttpContext } from "@proxy-wasm-kit/sdk";

/** A request that can be in a WaitingList. */
export abstract class WaitingContext extends HttpContext {
  /** The list's tick at which it is late; 0 while it is in no list. */
  dueTick: u32 = 0;
  previous: WaitingContext | null = null;
  next: WaitingContext | null = null;

  /** It has waited too long, and is no longer in the list. */
  abstract onLate(): void;
}

/** Time is counted in ticks, so that a clock which jumps, or says nothing, changes nothing. */
export class WaitingList {
  private now: u32 = 1;
  private oldest: WaitingContext | null = null;
  private newest: WaitingContext | null = null;

  /** How many ticks what is added from now on may wait. */
  patience: u32 = 0;

  get isEmpty(): bool {
    return this.oldest === null;
  }

  add(context: WaitingContext): void {
    const newest = this.newest;
    context.dueTick = this.now + this.patience;
    context.previous = newest;
    if (newest === null) this.oldest = context;
    else newest.next = context;
    this.newest = context;
  }

  /** Takes it out; does nothing when it is not in the list. */
  remove(context: WaitingContext): void {
    if (context.dueTick == 0) return;
    const previous = context.previous;
    const next = context.next;
    if (previous === null) this.oldest = next;
    else previous.next = next;
    if (next === null) this.newest = previous;
    else next.previous = previous;
    context.dueTick = 0;
    context.previous = null;
    context.next = null;
  }

  /** One more period is over. */
  tick(): void {
    this.now += 1;
    let first = this.oldest;
    while (first !== null && first.dueTick <= this.now) {
      this.remove(first);
      first.onLate();
      first = this.oldest;
    }
  }
}
