/** What a proxy has around it on loopback: its upstreams, and the clusters that its filters call. */
import { ClusterServers } from "./cluster-servers.ts";
import { RecordingTcpUpstream } from "./tcp-upstream.ts";
import type { ProxyOptions } from "./types.ts";
import { RecordingUpstream } from "./upstream.ts";

export interface Surroundings {
  readonly upstream: RecordingUpstream;
  readonly clusters: ClusterServers;
  /** Absent without network filters. */
  readonly tcpUpstream?: RecordingTcpUpstream;
  close(): Promise<void>;
}

/** Everything listens on free ports of loopback. */
export async function startSurroundings(options: ProxyOptions): Promise<Surroundings> {
  const upstream = await RecordingUpstream.start(options.upstream);
  const clusters = await ClusterServers.start(options.clusters);
  const tcpUpstream = options.networkFilters && (await RecordingTcpUpstream.start(options.tcpUpstream));
  return {
    upstream,
    clusters,
    ...(tcpUpstream && { tcpUpstream }),
    async close(): Promise<void> {
      await Promise.all([upstream.close(), clusters.close(), tcpUpstream?.close()]);
    },
  };
}
