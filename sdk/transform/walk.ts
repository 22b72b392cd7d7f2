/** A walk over asc's syntax tree by its shape, so that new kinds of nodes need no change here. */

/** What all nodes have (src/ast.ts). */
export interface AstNode {
  readonly kind: number;
  readonly range: unknown;
}

export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "kind" in value && "range" in value;
}

/**
 * Calls `visit` for everything below a node, with what holds it: a node or a list of nodes. What `visit` returns, if
 * anything, takes the place of what it was given.
 */
export function walk(node: object, visit: (node: AstNode, holder: object, key: string) => AstNode | undefined): void {
  for (const [key, child] of Object.entries(node)) {
    // Ranges lead back to the source, which leads everywhere.
    if (key === "range") continue;
    if (Array.isArray(child)) walk(child, visit);
    if (!isNode(child)) continue;
    walk(child, visit);
    const replacement = visit(child, node, key);
    if (replacement !== undefined) (node as Record<string, unknown>)[key] = replacement;
  }
}
