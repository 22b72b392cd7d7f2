// What `required_components` may name: a header, or what the scheme derives from a request.
import { isComponentName, isDerived, MAX_COMPONENTS } from "./components";

const OF_RFC9421: StaticArray<string> = [
  "@method",
  "@authority",
  "@scheme",
  "@path",
  "@query",
  "@target-uri",
  "@request-target",
];

export function isRequirable(scheme: string, component: string): bool {
  if (scheme == "rfc9421") {
    const isParam = component.startsWith('@query-param;name="');
    if (isParam) return component.indexOf('"', 19) == component.length - 1;
    if (has(OF_RFC9421, component)) return true;
  } else if (scheme == "cavage") {
    if (has(["(request-target)", "(created)", "(expires)"], component)) return true;
  } else if ((scheme == "kong" || scheme == "apisix") && component == "@request-target") {
    return true;
  }
  const text = String.UTF8.encode(component);
  const ptr = changetype<usize>(text);
  return !isDerived(ptr, text.byteLength) && isComponentName(ptr, text.byteLength);
}

/** A request cannot have more. */
export const MOST_REQUIRED = MAX_COMPONENTS;

function has(names: StaticArray<string>, name: string): bool {
  for (let i = 0; i < names.length; ++i) if (unchecked(names[i]) == name) return true;
  return false;
}
