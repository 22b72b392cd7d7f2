// Settings for each request: Envoy has no configuration of a Wasm filter for each route, so a filter's own configuration
// has a list of rules. `{"limit": 1, "rules": [{"match": {...}, "limit": 2}]}`: the first rule that matches decides, and
// what it leaves out is as at the top.
import { HeaderMap } from "../headers";
import { ConfigReader } from "../json/config-reader";
import { decodeAt, Encoder } from "../text";
import { Match } from "./match";
import { PathPattern } from "./path";
import { RequestFacts } from "./request-facts";

class Rule<T> {
  next: Rule<T> | null = null;

  constructor(
    readonly match: Match,
    readonly settings: T,
  ) {}
}

/** `T` is the filter's class of settings. */
export class Rules<T> {
  /**
   * Reads the top of a configuration, and its "rules". `parse` reads the settings that stand in one object, with those of
   * `base` for what does not: called for the top with `defaults`, then for each rule with the top's settings.
   */
  static read<T>(reader: ConfigReader, defaults: T, parse: (reader: ConfigReader, base: T) => T): Rules<T> {
    const top = parse(reader, defaults);
    const rules = new Rules<T>(top);
    const readers = reader.objectsOrNone("rules");
    let last: Rule<T> | null = null;
    for (let i = 0; i < readers.length; ++i) {
      const one = unchecked(readers[i]);
      const match = Match.read(one.object("match"), rules.facts);
      const rule = new Rule<T>(match, parse(one, top));
      if (last === null) rules.first = rule;
      else last.next = rule;
      last = rule;
    }
    return rules;
  }

  private first: Rule<T> | null = null;
  private facts: RequestFacts = new RequestFacts();
  /** What matched last, and the path that it matched. */
  private pattern: PathPattern | null = null;
  private path: Encoder = new Encoder();

  private constructor(
    /** The settings at the top: those of requests that no rule matches. */
    readonly otherwise: T,
  ) {}

  /** The settings for a request: the first matching rule's, or those at the top. Takes the request's headers. */
  match(headers: HeaderMap): T {
    const settings = this.find(headers);
    return settings === null ? this.otherwise : settings;
  }

  /**
   * The settings of the first rule that matches; null when none does. Allocates nothing. It walks over the headers:
   * an `entries()` of the same map begun before is over.
   */
  find(headers: HeaderMap): T | null {
    this.pattern = null;
    let rule = this.first;
    if (rule === null) return null;
    const facts = this.facts;
    facts.read(headers);
    while (rule !== null) {
      if (rule.match.accepts(facts)) {
        const pattern = facts.pattern;
        this.pattern = pattern;
        if (pattern !== null) this.path.clear().appendBytes(facts.pathPtr, facts.pathSize);
        return rule.settings;
      }
      rule = rule.next;
    }
    return null;
  }

  /**
   * What the path has in the place of `{name}` or `{name...}` in the template that matched, as it was sent: nothing is
   * decoded. Null when the rule matched by none, or by one without this name. Valid until the next `match` or `find`:
   * these rules serve every stream, so read it in the same callback.
   */
  capture(name: string): string | null {
    const pattern = this.pattern;
    if (pattern === null || !pattern.find(name, this.path.ptr, this.path.length)) return null;
    return decodeAt(pattern.foundPtr, pattern.foundSize);
  }
}
