/** Something the user can mend: printed as one message on stderr, without a stack, with exit code 1. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** What a caught value says of itself. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What `todo` resolves with. To its `Failure` are added words, such as what has not been done. */
export async function adding<T>(words: string, todo: () => Promise<T>): Promise<T> {
  try {
    return await todo();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(`${error.message}. ${words}`);
  }
}
