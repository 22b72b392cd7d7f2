/**
 * One Envoy that mirrors to itself: the listener "front" copies requests to other listeners, each with another shadow-host.
 * Behind those the request is routed again, by its host.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cluster, EnvoyProcess, findEnvoy, type Message, wasm } from "@proxy-wasm-kit/envoy";
import { wasmFilter } from "@proxy-wasm-kit/testing";
import { Application } from "./application.ts";

export interface MirrorOptions {
  /** Of shadow-host in each listener, by the listener's name; undefined: no filter at all. */
  readonly listeners: Readonly<Record<string, object | undefined>>;
  /** `RouteAction.request_mirror_policies` of requests, by the first segment of the path; a listener's name is its cluster. */
  readonly policies: Readonly<Record<string, Message>>;
}

export class EnvoyMirror {
  /** Where requests go. */
  readonly port: number;
  /** Behind the front. */
  readonly primary: Application;
  /** Behind the mirrors: requests for the host "shop.example", and all others. */
  readonly shop: Application;
  readonly others: Application;
  readonly #envoy: EnvoyProcess;
  readonly #folder: string;

  private constructor(port: number, applications: readonly Application[], envoy: EnvoyProcess, folder: string) {
    [this.primary, this.shop, this.others] = applications as [Application, Application, Application];
    this.port = port;
    this.#envoy = envoy;
    this.#folder = folder;
  }

  static async start(options: MirrorOptions): Promise<EnvoyMirror> {
    const { binary } = await findEnvoy();
    // Sockets with a name: one listener must know where the others are.
    const folder = await mkdtemp(join(tmpdir(), "pwk-mirror-"));
    const applications = await Promise.all([Application.start(), Application.start(), Application.start()]);
    const envoy = await EnvoyProcess.start({ binary, bootstrap: bootstrap(options, folder, applications) });
    return new EnvoyMirror(await envoy.admin.port("front"), applications, envoy, folder);
  }

  metrics(): Promise<Record<string, number>> {
    return this.#envoy.admin.wasmMetrics();
  }

  async close(): Promise<void> {
    await this.#envoy.stop();
    await Promise.all([this.primary.close(), this.shop.close(), this.others.close()]);
    await rm(this.#folder, { recursive: true });
  }
}

function bootstrap(
  { listeners, policies }: MirrorOptions,
  folder: string,
  applications: readonly Application[],
): object {
  const pipe = (name: string): Message => ({ pipe: { path: join(folder, name) } });
  const loopback: Message = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  const routes = Object.entries(policies).map(([path, policy]) => ({
    match: { prefix: `/${path}/` },
    route: { cluster: "primary", request_mirror_policies: [policy] },
  }));
  const front = [virtualHost("*", [...routes, { match: { prefix: "/" }, route: { cluster: "primary" } }])];
  const behind = [
    virtualHost("shop.example", [{ match: { prefix: "/" }, route: { cluster: "shop" } }]),
    virtualHost("*", [{ match: { prefix: "/" }, route: { cluster: "others" } }]),
  ];
  return {
    admin: { address: loopback },
    static_resources: {
      listeners: [
        listener("front", loopback, [], front),
        ...Object.entries(listeners).map(([name, configuration]) =>
          listener(name, pipe(name), configuration === undefined ? [] : [shadowHost(configuration)], behind),
        ),
      ],
      clusters: [
        ...["primary", "shop", "others"].map((name, at) =>
          cluster({ name, address: { host: "127.0.0.1", port: applications[at]?.port ?? 0 }, protocol: "http1" }),
        ),
        ...Object.keys(listeners).map((name) => ({
          name,
          type: "STATIC",
          load_assignment: {
            cluster_name: name,
            endpoints: [{ lb_endpoints: [{ endpoint: { address: pipe(name) } }] }],
          },
        })),
      ],
    },
  };
}

const virtualHost = (domain: string, routes: readonly Message[]): Message => ({
  name: domain,
  domains: domain === "*" ? ["*"] : [domain, `${domain}:*`],
  routes,
});

const shadowHost = (configuration: object): Message => ({
  name: "shadow-host",
  typed_config: wasm(wasmFilter({ name: "shadow-host", wasm: "dist/shadow-host.wasm", configuration })),
});

const listener = (
  name: string,
  address: Message,
  filters: readonly Message[],
  virtual_hosts: readonly Message[],
): Message => ({
  name,
  address,
  filter_chains: [
    {
      filters: [
        {
          name: "envoy.filters.network.http_connection_manager",
          typed_config: {
            "@type":
              "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            stat_prefix: name,
            generate_request_id: false,
            route_config: { virtual_hosts },
            http_filters: [
              ...filters,
              {
                name: "envoy.filters.http.router",
                typed_config: {
                  "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                  suppress_envoy_headers: true,
                },
              },
            ],
          },
        },
      ],
    },
  ],
});
