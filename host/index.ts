export { HeadersStatus, LogLevel, Status } from "./abi.ts";
export type { Attribute, Attributes } from "./attributes.ts";
export { type Clock, ManualClock, realClock, shiftedClock } from "./clock.ts";
export { type Protocol, type RequestHead, requestHeaders } from "./connection-manager.ts";
export type { Coverage, FileCoverage } from "./coverage.ts";
export { sourceMapUrl, withSourceMapUrl } from "./debug-info.ts";
export { EnvoyCrash } from "./envoy-crash.ts";
export type { GrpcCluster, GrpcReply, GrpcRequest } from "./grpc-callouts.ts";
export { type HeaderLine, HeaderMap } from "./header-map.ts";
export { type GuestLog, Host, type HostOptions } from "./host.ts";
export type { CalloutReply, CalloutRequest, Cluster } from "./http-callouts.ts";
export { HttpContext } from "./http-context.ts";
export { LoadError, type LoadedModule, loadModule, readAbiVersion } from "./module.ts";
export type { FailurePolicy } from "./plugin.ts";
export { type ModuleTypes, readModuleTypes } from "./signature.ts";
export type {
  EarlyUpstream,
  HttpStream,
  Metadata,
  StreamProgress,
  StreamResult,
  Upstream,
  UpstreamRequest,
  UpstreamResponse,
} from "./stream.ts";
export { StreamContext } from "./stream-context.ts";
export { TcpConnection, type TcpResult, type TcpSocket, type TcpUpstream } from "./tcp-connection.ts";
export { type PluginOptions, PluginRefused } from "./thread.ts";
export { resultName, type TraceCall, type TraceEvent, type TraceReturn } from "./trace.ts";
export type { TraceValue, TraceValues } from "./trace-values.ts";
export type { Callback, HostCall } from "./vm.ts";
