/** Source: envoy source/common/grpc/status.cc, `httpToGrpcStatus`. Unknown for all others. */
const statuses: Readonly<Record<number, number>> = {
  400: 13,
  401: 16,
  403: 7,
  404: 12,
  429: 14,
  502: 14,
  503: 14,
  504: 14,
};

/** The gRPC status that an HTTP status stands for. */
export const httpToGrpcStatus = (code: number): number => statuses[code] ?? 2;
