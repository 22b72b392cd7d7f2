/** Requests to one repository of a registry, with credentials when it asks for them. */
import { parseChallenges } from "./challenge.ts";
import { type Credentials, dockerCredentials } from "./credentials.ts";
import { RegistryFailure } from "./failure.ts";
import { apiHost, apiRepository, type Reference } from "./reference.ts";
import { explainRefusal, explainUnreachable, isTransientStatus } from "./refusal.ts";
import { parseRetryAfter, TransientFailure } from "./retry.ts";

export interface ConnectionOptions {
  /** HTTP without TLS. */
  readonly plainHttp?: boolean;
  /** Default: those of Docker. */
  readonly credentials?: (host: string) => Promise<Credentials | null>;
}

export interface RegistryRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT";
  /** A path below the repository, or a URL that the registry has given. */
  readonly to: string | URL;
  /** Statuses that are answers; all others are failures. */
  readonly expect: readonly number[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For requests that move much. */
  readonly timeoutMs?: number;
}

const timeoutMs = 30_000;

export class Connection {
  readonly #reference: Reference;
  readonly #actions: "pull" | "pull,push";
  readonly #origin: string;
  readonly #credentialsOf: (host: string) => Promise<Credentials | null>;
  #credentials: Credentials | null = null;
  /** The header's value; null before the registry has asked for one. */
  #authorization: string | null = null;
  /** Never told in a message, even if the registry says them. */
  readonly #secrets = new Set<string>();

  constructor(reference: Reference, actions: "pull" | "pull,push", options: ConnectionOptions) {
    this.#reference = reference;
    this.#actions = actions;
    this.#origin = new URL(`${options.plainHttp ? "http" : "https"}://${apiHost(reference.host)}`).origin;
    this.#credentialsOf = options.credentials ?? dockerCredentials;
  }

  /** Sends a request; the answer has one of the expected statuses. */
  async send(request: RegistryRequest): Promise<Response> {
    const url = this.#resolve(request.to);
    let response = await this.#fetch(url, request);
    // What another host asks for, to which the registry has led, is not given.
    if (response.status === 401 && new URL(response.url).origin === this.#origin) {
      await response.body?.cancel();
      await this.#authorize(response.headers.get("www-authenticate") ?? "");
      response = await this.#fetch(url, request);
    }
    if (request.expect.includes(response.status)) return response;
    throw await this.#refusal(`${request.method} ${url.pathname}`, response);
  }

  /** The place of an upload, from the registry's own words. */
  location(response: Response): URL {
    const place = response.headers.get("location");
    if (place === null || !URL.canParse(place, response.url)) throw this.#failure("names no place for an upload");
    const url = new URL(place, response.url);
    // With TLS in front of a registry that does not know of it; the module would go in the clear.
    if (response.url.startsWith("https:") && url.protocol !== "https:") {
      throw this.#failure(`sends uploads to ${url.origin}, without TLS: it has to be told its public URL`);
    }
    return url;
  }

  #resolve(to: string | URL): URL {
    return typeof to === "string" ? new URL(`${this.#origin}/v2/${apiRepository(this.#reference)}/${to}`) : to;
  }

  async #fetch(url: URL, request: RegistryRequest): Promise<Response> {
    // Redirects and uploads may lead to other hosts, which have no business with the authorization.
    const isOurs = url.origin === this.#origin && this.#authorization !== null;
    const headers = {
      ...request.headers,
      "user-agent": "pwk",
      ...(isOurs && { authorization: this.#authorization ?? "" }),
    };
    return this.#reach(url, {
      method: request.method,
      headers,
      signal: AbortSignal.timeout(request.timeoutMs ?? timeoutMs),
      ...(request.body !== undefined && { body: request.body as Uint8Array<ArrayBuffer> }),
    });
  }

  async #reach(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (error) {
      throw explainUnreachable(url.host, error);
    }
  }

  /** Does what the registry asks for in its 401. */
  async #authorize(header: string): Promise<void> {
    const challenges = parseChallenges(header);
    this.#credentials ??= await this.#credentialsOf(this.#reference.host);
    const secret = this.#credentials?.secret ?? null;
    if (secret !== null) this.#keepSecret(secret.kind === "password" ? secret.password : secret.token);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (secret?.kind === "registryToken") this.#authorization = `Bearer ${secret.token}`;
    else if (bearer !== undefined) this.#authorization = `Bearer ${await this.#token(bearer.parameters)}`;
    else if (!challenges.some(({ scheme }) => scheme === "basic")) {
      throw this.#failure("401, and asks for neither Basic nor Bearer credentials");
    } else if (secret?.kind !== "password") throw this.#unauthorized();
    else this.#authorization = this.#basic(secret.username, secret.password);
  }

  #basic(username: string, password: string): string {
    const encoded = Buffer.from(`${username}:${password}`).toString("base64");
    this.#keepSecret(encoded);
    return `Basic ${encoded}`;
  }

  /** Source: distribution.github.io, "Token authentication" and "OAuth2 token authentication". */
  async #token({ realm = "", service }: Readonly<Record<string, string>>): Promise<string> {
    const url = URL.canParse(realm) ? new URL(realm) : null;
    const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && this.#origin.startsWith("http:"));
    if (url === null || !isSafe) throw this.#failure("401, and names no token server that has TLS");
    const secret = this.#credentials?.secret ?? null;
    const query = new URLSearchParams({
      ...(service !== undefined && { service }),
      scope: `repository:${apiRepository(this.#reference)}:${this.#actions}`,
    });
    const signal = AbortSignal.timeout(timeoutMs);
    let response: Response;
    if (secret?.kind === "identityToken") {
      const form = new URLSearchParams([
        ...query,
        ["client_id", "pwk"],
        ["grant_type", "refresh_token"],
        ["refresh_token", secret.token],
      ]);
      response = await this.#reach(url, { method: "POST", body: form, signal });
    } else {
      for (const [name, value] of query) url.searchParams.set(name, value);
      const headers =
        secret?.kind === "password" ? { authorization: this.#basic(secret.username, secret.password) } : {};
      response = await this.#reach(url, { headers, signal });
    }
    if (!response.ok) throw await this.#refusal(`token server ${url.host}`, response);
    const answer = (await response.json().catch(() => ({}))) as { token?: unknown; access_token?: unknown };
    const token = answer.token ?? answer.access_token;
    if (typeof token !== "string") throw this.#failure(`its token server ${url.host} gave no token`);
    this.#keepSecret(token);
    return token;
  }

  async #refusal(what: string, response: Response): Promise<RegistryFailure> {
    const message = explainRefusal(response.status, (await response.text().catch(() => "")).slice(0, 10_000));
    if (response.status === 401) return this.#unauthorized();
    if (isTransientStatus(response.status)) {
      const text = `${apiHost(this.#reference.host)}: ${what}: ${this.#clean(message)}`;
      return new TransientFailure(text, parseRetryAfter(response.headers.get("retry-after")));
    }
    return this.#failure(`${what}: ${message}${response.status === 403 ? this.#whose() : ""}`);
  }

  #unauthorized(): RegistryFailure {
    const { host } = this.#reference;
    return this.#failure(
      this.#credentials === null
        ? `401: it wants credentials, and Docker's configuration has none for ${host}: run docker login ${host}`
        : `401: it refuses the credentials of ${this.#credentials.source}: run docker login ${host} again`,
    );
  }

  #whose(): string {
    return this.#credentials === null
      ? " (sent without credentials)"
      : ` (with the credentials of ${this.#credentials.source})`;
  }

  #failure(message: string): RegistryFailure {
    return new RegistryFailure(this.#clean(`${apiHost(this.#reference.host)}: ${message}`));
  }

  #keepSecret(text: string): void {
    // What is shorter stands in other words too.
    if (text.length > 3) this.#secrets.add(text);
  }

  #clean(message: string): string {
    return [...this.#secrets].reduce((text, secret) => text.replaceAll(secret, "…"), message);
  }
}
