/** Compiles one Rust filter: with the machine's own toolchain if that has the target, else with Debian's. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import binaryen from "binaryen";

const target = "wasm32-unknown-unknown";
/** A rustc of a version, its libraries' source (Debian has them compiled for other targets only), and its linker. */
const debianPackages = [
  "rustc-web",
  "libstd-rust-web-dev",
  "libstd-rust-web-1.96",
  "rust-web-src",
  "rust-web-llvm",
  "libllvm22",
  "lld-22",
];

/**
 * `folder` has the workspace, `work` is for what is fetched and built. Throws with the reason when it cannot. A crate whose
 * name ends in "-simd" is compiled with SIMD, the standard library too.
 */
export function buildRust(folder, work, filter, to) {
  const { environment, flags } = toolchain(work);
  const isSimd = filter.endsWith("-simd");
  const targets = join(work, isSimd ? "target-simd" : "target");
  if (isSimd) environment.RUSTFLAGS = "-C target-feature=+simd128";
  execFileSync(
    environment.CARGO ?? "cargo",
    ["build", "--locked", "--release", "--target", target, "--target-dir", targets, "-p", filter, ...flags],
    { cwd: folder, env: { ...process.env, ...environment }, stdio: ["ignore", "ignore", "pipe"] },
  );
  const built = join(targets, target, "release", `${filter.replaceAll("-", "_")}.wasm`);
  writeFileSync(to, optimised(readFileSync(built)));
}

/** As `wasm-opt -O3`: what a Rust filter gets that is built with care. */
function optimised(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(binaryen.Features.All);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setDebugInfo(false);
  module.optimize();
  return module.emitBinary();
}

function toolchain(work) {
  try {
    const libraries = run("rustc", ["--print", "target-libdir", "--target", target]);
    if (existsSync(libraries)) return { environment: {}, flags: [] };
  } catch {
    throw new Error("there is no rustc");
  }
  const unpacked = join(work, "debian");
  if (!existsSync(join(unpacked, "usr/bin/rustc"))) unpackDebian(work, unpacked);
  return {
    environment: {
      // rustup's cargo would ask rustup for a rustc.
      CARGO: tryRun("rustup", ["which", "cargo"]) ?? "cargo",
      RUSTC: join(unpacked, "usr/bin/rustc"),
      // Building the standard library is an unstable option of cargo's.
      RUSTC_BOOTSTRAP: "1",
      LD_LIBRARY_PATH: join(unpacked, `usr/lib/${run("uname", ["-m"])}-linux-gnu`),
      PATH: `${join(unpacked, "usr/bin")}:${process.env.PATH}`,
    },
    flags: ["-Zbuild-std=std,panic_abort"],
  };
}

/** Nothing is installed: the packages are unpacked into a folder. */
function unpackDebian(work, unpacked) {
  const packages = join(work, "packages");
  mkdirSync(packages, { recursive: true });
  const need = `rustc has no ${target} (rustup target add ${target})`;
  if (tryRun("apt-get", ["--version"]) === null) throw new Error(need);
  try {
    execFileSync("apt-get", ["download", ...debianPackages], { cwd: packages, stdio: ["ignore", "ignore", "pipe"] });
  } catch {
    throw new Error(`${need}, and Debian has no ${debianPackages[0]} here`);
  }
  for (const name of readdirSync(packages)) run("dpkg", ["-x", join(packages, name), unpacked]);
}

const run = (command, args) =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

function tryRun(command, args) {
  try {
    return run(command, args);
  } catch {
    return null;
  }
}
