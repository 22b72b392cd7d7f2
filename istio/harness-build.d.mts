export function buildHarness(): Promise<string | null>;
