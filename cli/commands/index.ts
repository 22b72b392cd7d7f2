/** The command table; help and documentation follow its order. */
import type { Command } from "commander";
import { attributes } from "./attributes.ts";
import { bench } from "./bench.ts";
import { build } from "./build.ts";
import { check } from "./check.ts";
import { completion } from "./completion.ts";
import { coverage } from "./coverage.ts";
import { deploy } from "./deploy.ts";
import { dev } from "./dev.ts";
import { doctor } from "./doctor.ts";
import { init } from "./init.ts";
import { inspect } from "./inspect.ts";
import { manifest } from "./manifest.ts";
import { packageCommand } from "./package.ts";
import { pull } from "./pull.ts";
import { push } from "./push.ts";
import { request } from "./request.ts";
import { serve } from "./serve.ts";
import { sign } from "./sign.ts";
import { status } from "./status.ts";
import { test } from "./test.ts";
import { undeploy } from "./undeploy.ts";

export const commands: readonly (() => Command)[] = [
  init,
  build,
  test,
  request,
  serve,
  dev,
  sign,
  bench,
  coverage,
  inspect,
  manifest,
  check,
  deploy,
  status,
  undeploy,
  attributes,
  packageCommand,
  push,
  pull,
  doctor,
  completion,
];
