export function cacheFolder(
  module: { readonly name: string; readonly sourceFolder: string; readonly besides?: readonly string[] },
  environment?: NodeJS.ProcessEnv,
): string;
