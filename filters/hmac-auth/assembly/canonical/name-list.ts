// The names of signed headers as a list in one parameter, and what a name may stand for: "date request-line".
import { findByte } from "../bytes";
import { Param } from "./auth-params";

/** What a signed name can stand for, besides any other header. */
export enum Part {
  Other = 0,
  Target = 1,
  Date = 2,
  XDate = 4,
  Created = 8,
  Expires = 16,
  Digest = 32,
}

/** The names of a list, a blank between two. */
export class NameList {
  ptr: usize = 0;
  size: i32 = 0;
  private at: usize = 0;
  private end: usize = 0;

  begin(list: Param): void {
    this.at = list.ptr;
    this.end = list.isAbsent ? 0 : list.ptr + list.size;
  }

  next(): bool {
    // An end of 0: there is no list, or the last name was given out.
    if (this.end == 0) return false;
    this.ptr = this.at;
    this.size = findByte(this.at, <i32>(this.end - this.at), 0x20);
    this.at += this.size + 1;
    if (this.at > this.end) this.end = 0;
    return true;
  }
}
