/** The operations of an API and the paths they are served under: OpenAPI 3.0 and 3.1, and Swagger 2.0. */
import { Failure } from "../failure.ts";
import { at, entries, items, type Node, placeOf, resolved, textOf, wrong } from "./document.ts";

export interface Operation {
  readonly method: string;
  /** Path templates, with the server's path in front; several when there are several servers. */
  readonly paths: readonly string[];
  /** `operationId`, or "GET /path" when there is none. */
  readonly id: string;
  readonly node: Node;
}

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const;

/** In the order of the file. `basePaths` replace those of the servers. Throws a `Failure`. */
export function operationsOf(document: Node, basePaths?: readonly string[]): Operation[] {
  const isSwagger = checkVersion(document);
  const basesOf = (node: Node, outer: readonly string[]) => basePaths ?? (isSwagger ? outer : serverBases(node, outer));
  const rootBases = isSwagger && basePaths === undefined ? swaggerBases(document) : basesOf(document, [""]);
  const paths = at(document, "paths");
  const operations = (paths === undefined ? [] : entries(paths)).flatMap(([path, reference]) => {
    if (path.startsWith("x-")) return [];
    checkPath(path, reference);
    const item = resolved(reference);
    const itemBases = basesOf(item, rootBases);
    return methods.flatMap((method) => {
      const node = at(item, method);
      if (node === undefined) return [];
      return [operation(method.toUpperCase(), path, node, basesOf(node, itemBases))];
    });
  });
  if (operations.length === 0)
    throw new Failure(`${document.file}: /paths: expected at least one operation, found none`);
  checkIds(operations);
  return operations;
}

function operation(method: string, path: string, node: Node, bases: readonly string[]): Operation {
  const id = at(node, "operationId");
  if (at(node, "$ref") !== undefined) throw wrong(node, "an operation: only paths may be references", "a reference");
  if (id !== undefined && textOf(id).trim() === "") throw wrong(id, "a name, or no operationId at all");
  return {
    method,
    paths: bases.map((base) => base + path),
    id: id === undefined ? `${method} ${path}` : textOf(id),
    node,
  };
}

/** Whether it is Swagger 2.0. Without quotes a version is a number to YAML. */
function checkVersion(document: Node): boolean {
  const swagger = at(document, "swagger");
  if (swagger !== undefined) {
    if (!/^2(\.0)?$/.test(String(swagger.value))) throw wrong(swagger, '"2.0"');
    return true;
  }
  const openapi = at(document, "openapi");
  if (openapi === undefined)
    throw new Failure(`${placeOf(document)}: expected openapi or swagger with a version, found neither`);
  if (!/^3(\.[01](\.\d.*)?)?$/.test(String(openapi.value))) throw wrong(openapi, "version 3.0 or 3.1");
  return false;
}

function checkPath(path: string, node: Node): void {
  if (!path.startsWith("/")) throw wrong(node, 'a path from "/"', JSON.stringify(path));
  if (/[?#]/.test(path)) throw wrong(node, "a path without query and fragment", JSON.stringify(path));
}

/** A name in two places would be one value for two operations. */
function checkIds(operations: readonly Operation[]): void {
  const known = new Map<string, Operation>();
  for (const each of operations) {
    const other = known.get(each.id);
    if (other !== undefined)
      throw new Failure(
        `${placeOf(each.node)}: expected an operationId of its own, found ${JSON.stringify(each.id)}, which ${other.node.pointer} has too; rename one of them`,
      );
    known.set(each.id, each);
  }
}

function swaggerBases(document: Node): string[] {
  const base = at(document, "basePath");
  if (base === undefined) return [""];
  if (!textOf(base).startsWith("/")) throw wrong(base, 'a path from "/"');
  return [withoutSlash(textOf(base))];
}

/** The paths of `servers`, each once; `otherwise` when there are none. */
function serverBases(node: Node, otherwise: readonly string[]): readonly string[] {
  const servers = at(node, "servers");
  const bases = servers === undefined ? [] : items(servers).flatMap(basesOfServer);
  return bases.length === 0 ? otherwise : [...new Set(bases)];
}

function basesOfServer(server: Node): string[] {
  const url = at(server, "url");
  if (url === undefined) throw wrong(server, "a server with a url", "none");
  return expanded(textOf(url), server).map((text) => {
    const path = text.replace(/^([A-Za-z][A-Za-z0-9+.-]*:)?\/\/[^/?#]*/, "").replace(/[?#].*$/s, "");
    if (path !== "" && !path.startsWith("/"))
      throw wrong(url, 'a URL with a host, or a path from "/" (or tell the path with --base-path)');
    return withoutSlash(path);
  });
}

/** With its variables replaced: by each value of an enum, otherwise by the default. */
function expanded(url: string, server: Node): string[] {
  const [whole, name = ""] = /\{([^{}]*)\}/.exec(url) ?? [];
  if (whole === undefined) return [url];
  const variables = at(server, "variables");
  const variable = variables && at(variables, name);
  if (variable === undefined) throw wrong(server, `variables with ${JSON.stringify(name)}, as the url has it`, "none");
  const choices = at(variable, "enum");
  const usual = at(variable, "default");
  if (choices === undefined && usual === undefined) throw wrong(variable, "a default", "none");
  const values = choices === undefined ? [usual as Node] : items(choices);
  return values.flatMap((value) =>
    expanded(
      url.replace(whole, () => String(value.value)),
      server,
    ),
  );
}

/** "/v1/" and "/v1" are the same base: a path begins with its own "/". */
export const withoutSlash = (path: string): string => path.replace(/\/+$/, "");
