/** Something the user can mend: printed as one message on stderr, without a stack, with exit code 1. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** What a caught value says of itself. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
