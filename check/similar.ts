/** What someone may have meant. */

/** The nearest of the names when it is near enough to be a slip: ", did you mean ...?"; else empty. */
export function didYouMean(found: unknown, names: Iterable<string>): string {
  const name = nearest(found, names);
  return name === null ? "" : `; did you mean ${JSON.stringify(name)}?`;
}

/** Null when none is near. */
export function nearest(found: unknown, names: Iterable<string>): string | null {
  if (typeof found !== "string") return null;
  let [best, bestDistance]: [string | null, number] = [null, Math.max(2, Math.floor(found.length / 4)) + 1];
  for (const name of names) {
    const distance = sameButForCase(name, found) ? 0 : editDistance(name, found, bestDistance);
    if (distance < bestDistance && distance < name.length) [best, bestDistance] = [name, distance];
  }
  return best;
}

const plain = (text: string) => text.toLowerCase().replace(/[-_.\s]/g, "");
const sameButForCase = (a: string, b: string) => plain(a) === plain(b);

/** Levenshtein's, or `limit` when it is at least that. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return Math.min(row[b.length] ?? 0, limit);
}
