/** What is told of a list of measurements. NaN for an empty one. */

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const [low = Number.NaN, high = low] = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  return (low + high) / 2;
};

export const minimum = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : Math.min(...values));
