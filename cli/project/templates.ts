/** What `pwk init` can start from. Each is a folder of `templates/`, a filter that works under the name my-filter. */
export const templates = {
  http: "adds a header to responses",
  auth: "lets only requests with a key through",
  callout: "asks a service about each request",
  tcp: "counts and judges TCP connections",
  attribute: "gives requests an attribute for logs and metrics",
} as const;

export type Template = keyof typeof templates;

export const isTemplate = (name: string): name is Template => Object.hasOwn(templates, name);
