/** Which proxies patches are for, by their version. Source: istio pilot/pkg/model/envoyfilter.go. */
import { RE2JS } from "@bufbuild/re2";
import { recordOf } from "./document.ts";
import { type Path, type Report, shown } from "./finding.ts";

interface VersionedPatch {
  readonly applyTo: string;
  readonly match: Readonly<Record<string, unknown>>;
  readonly path: Path;
}

/** One object may have a patch for each of many versions: one of a kind for this version is enough. */
export function checkProxyVersions(patches: readonly VersionedPatch[], istioMinor: number, report: Report): void {
  const read = patches.map(({ applyTo, match, path }) => ({
    ...{ applyTo, path: [...path, "match", "proxy", "proxyVersion"] },
    ...versionOf(recordOf(match.proxy).proxyVersion, istioMinor),
  }));
  for (const { applyTo, path, pattern, problem, isMatched } of read) {
    const isForOthers = read.some((other) => other.applyTo === applyTo && other.isMatched);
    if (problem !== undefined) report(path, problem);
    else if (!isMatched && !isForOthers)
      report(
        path,
        `matches no proxy of Istio 1.${istioMinor}, found ${shown(pattern)}; another version is for --istio`,
      );
  }
}

function versionOf(pattern: unknown, istioMinor: number): { pattern?: string; problem?: string; isMatched: boolean } {
  if (typeof pattern !== "string" || pattern === "") return { isMatched: true };
  if (pattern.length > 1024) {
    const problem = "expected a regular expression of at most 1024 characters: a longer one matches no proxy";
    return { problem, isMatched: false };
  }
  try {
    const expression = RE2JS.compile(pattern);
    return { pattern, isMatched: versionsOf(istioMinor).some((version) => expression.test(version)) };
  } catch {
    const problem = `expected a regular expression as RE2 has them, found ${shown(pattern)}: it matches no proxy`;
    return { problem, isMatched: false };
  }
}

/** As proxies may say it. */
const versionsOf = (minor: number): string[] => [
  ...Array.from({ length: 30 }, (_, patch) => `1.${minor}.${patch}`),
  ...["-alpha.0", "-beta.0", "-rc.0", "-dev", ".0-alpha.0", ".0-beta.0", ".0-rc.0"].map((more) => `1.${minor}${more}`),
];
