/** All scenarios, in the order they run: equal set-ups together, so that they share a proxy. */
import type { Scenario } from "../scenario.ts";
import { abCohort } from "./ab-cohort.ts";
import { abi } from "./abi.ts";
import { addHeader } from "./add-header.ts";
import { attributeGen } from "./attribute-gen.ts";
import { grpcCheck } from "./grpc-check.ts";
import { hmacAuth } from "./hmac-auth.ts";
import { hmacAuthApisix } from "./hmac-auth-apisix.ts";
import { hmacAuthAwsSigV4 } from "./hmac-auth-aws-sigv4.ts";
import { hmacAuthAwsUrl } from "./hmac-auth-aws-url.ts";
import { hmacAuthCanonicalSigning } from "./hmac-auth-canonical-signing.ts";
import { hmacAuthCavage } from "./hmac-auth-cavage.ts";
import { hmacAuthConfiguration } from "./hmac-auth-configuration.ts";
import { hmacAuthHigress } from "./hmac-auth-higress.ts";
import { hmacAuthKong } from "./hmac-auth-kong.ts";
import { hmacAuthPresets } from "./hmac-auth-presets.ts";
import { hmacAuthRefusedComponents } from "./hmac-auth-refused-components.ts";
import { hmacAuthRefusedRules } from "./hmac-auth-refused-rules.ts";
import { hmacAuthRfc9421 } from "./hmac-auth-rfc9421.ts";
import { hmacAuthRules } from "./hmac-auth-rules.ts";
import { hmacAuthSigning } from "./hmac-auth-signing.ts";
import { jwtPayloadPadding } from "./jwt-payload-padding.ts";
import { queueWorker } from "./queue-worker.ts";
import { rules } from "./rules.ts";
import { shadowHost } from "./shadow-host.ts";
import { shadowHostConfiguration } from "./shadow-host-configuration.ts";
import { shadowHostMarker } from "./shadow-host-marker.ts";
import { tcpTap } from "./tcp-tap.ts";

export const scenarios: readonly Scenario[] = [
  ...attributeGen,
  ...hmacAuth,
  ...hmacAuthPresets,
  ...hmacAuthRules,
  ...hmacAuthSigning,
  ...hmacAuthConfiguration,
  ...hmacAuthKong,
  ...hmacAuthApisix,
  ...hmacAuthCavage,
  ...hmacAuthRfc9421,
  ...hmacAuthHigress,
  ...hmacAuthAwsSigV4,
  ...hmacAuthAwsUrl,
  ...hmacAuthCanonicalSigning,
  ...hmacAuthRefusedComponents,
  ...hmacAuthRefusedRules,
  ...shadowHost,
  ...shadowHostMarker,
  ...shadowHostConfiguration,
  ...addHeader,
  ...abCohort,
  ...jwtPayloadPadding,
  ...tcpTap,
  ...queueWorker,
  ...grpcCheck,
  ...rules,
  ...abi,
];
