// What a condition can come to. CEL has errors as values: `false && <error>` is false, `true && <error>` an error.
// Source: cel-spec doc/langdef.md, "Logical operators".

export enum Truth {
  False,
  True,
  /** As when a header that is asked for is not there. */
  Error,
  /** Not to be told here: the host must be asked. */
  Unknown,
}

/** One side decides alone when it is `decider`; otherwise what is not known comes before what is wrong. */
export function combine(left: Truth, right: Truth, decider: Truth): Truth {
  if (left == decider || right == decider) return decider;
  return max(left, right) > Truth.True ? max(left, right) : left;
}
