/** `pwk dev`: a project's filters on a port, built and served anew at each change. */
import { Command } from "commander";
import { dev as run } from "../serve/dev.ts";
import { type ServeOptions, servingOptions, withServeOptions } from "./serve.ts";

export const dev = (): Command =>
  withServeOptions(
    new Command("dev")
      .description("Serve the filters of this project as pwk serve does; build and serve them anew at each change.")
      .argument("[filters...]", "folders with assembly/index.ts (default: those of pwk.yaml, or the one that is here)"),
  )
    .addHelpText(
      "after",
      "\nExamples:\n  pwk dev --upstream http://localhost:3000\n  pwk dev filters/hmac-auth --config config.yaml --env KEY=secret",
    )
    .action(async (folders: string[], options: ServeOptions) => {
      const { file, environment, config, env = [], rootId } = options;
      const given = {
        ...{ folders, file, env: Object.fromEntries(env) },
        ...(environment !== undefined && { environment }),
        ...(config !== undefined && { config }),
        ...(rootId !== undefined && { rootId }),
      };
      await run(given, servingOptions(options));
    });
