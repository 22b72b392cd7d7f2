/** `pwk sign`: the headers that a sender would send, or all of it as a command line of curl. */
import { readFile } from "node:fs/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { Failure, messageOf } from "../failure.ts";
import { headerLines, instant, method, readBytes, readData, stoppedClock } from "../input.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";
import { canonicalSchemes, presets, type Signing, sign as signRequest } from "../signing.ts";

type Line = readonly [string, string];
const schemes = [...presets, ...canonicalSchemes];

interface SignOptions {
  readonly scheme: string;
  readonly key: string;
  readonly keyEncoding?: string;
  readonly id?: string;
  readonly region?: string;
  readonly service?: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly method?: string;
  readonly url: Url;
  readonly header?: readonly Line[];
  readonly now?: Date;
  readonly module: string;
  readonly curl?: boolean;
  readonly output: OutputFormat;
}

interface Url {
  readonly origin: string;
  readonly path: string;
}

export const sign = (): Command =>
  new Command("sign")
    .description("Sign a request as a sender would; print the headers to send. hmac-auth itself signs, in mode: sign.")
    .addOption(new Option("--scheme <name>", "a scheme of hmac-auth").choices(schemes).makeOptionMandatory())
    .requiredOption("--key <source>", "env:NAME, file:PATH or value:TEXT; what it holds is never printed")
    .addOption(
      new Option("--key-encoding <name>", "how the key is written (default: the scheme's)").choices([
        ...["utf8", "hex", "base64", "base64url"],
      ]),
    )
    .option("--id <key id>", `whose key it is (${canonicalSchemes.join(", ")})`)
    .option("--region <name>", "aws-sigv4")
    .option("--service <name>", "aws-sigv4")
    .option("--body <data>", "text, or @file for the bytes of a file (@- standard input)")
    .option("--content-type <type>", "of the body (default: application/json; for twilio a form)")
    .option("--method <method>", "default: GET, or POST with a body", method)
    .addOption(
      new Option("--url <url>", "where it goes")
        .argParser(parseUrl)
        .default(parseUrl("https://hooks.example.com/"), "https://hooks.example.com/"),
    )
    .option(
      "--header <line>",
      '"name: value" that is sent too, or @file for many (higress signs "accept: */*" without one)',
      headerLines,
    )
    .option("--now <time>", "when it is signed: RFC 3339, or seconds since 1970 (default: now)", instant)
    .option("--module <file>", "hmac-auth, as pwk build makes it", "dist/hmac-auth.wasm")
    .option("--curl", "print a command line of curl that sends the request")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk sign --scheme stripe --key env:STRIPE_SECRET --body @event.json
  pwk sign --scheme slack --key file:secret.txt --body 'a=1' --content-type application/x-www-form-urlencoded --curl
  pwk sign --scheme square --key env:K --body '{}' --url https://hooks.example.com/square --now 1700000000 -o json`,
    )
    .action(async (options: SignOptions) => {
      const signing = await signingOf(options);
      const { headers, kept, warnings } = await signRequest(signing);
      for (const warning of warnings) process.stderr.write(`pwk: ${warning}\n`);
      const { scheme } = options;
      const { method: verb, origin, path } = signing;
      const all = [...kept, ...headers].map(utf8);
      const curl = options.curl ? { curl: curlOf(verb, origin + path, all, options.body) } : {};
      print(
        options.output,
        { scheme, method: verb, url: origin + path, headers: headers.map(utf8), ...curl },
        (result) => ("curl" in result ? String(result.curl) : result.headers.map((line) => line.join(": ")).join("\n")),
      );
    });

async function signingOf(options: SignOptions): Promise<Signing> {
  const { scheme, keyEncoding, id, region, service, body: data, url, header = [], module } = options;
  checkFor(options);
  if (header.some(([name]) => name === "host")) throw new Failure("--header: the host is that of --url; leave it away");
  await readBytes("--module", module).catch((error: unknown) => {
    throw new Failure(`${messageOf(error)}; build it with: pwk build filters/hmac-auth`);
  });
  const body = data === undefined ? new Uint8Array() : await readData("--body", data);
  const usual = scheme === "twilio" ? "application/x-www-form-urlencoded" : "application/json";
  const type = options.contentType ?? (header.some(([name]) => name === "content-type") ? undefined : usual);
  // It signs the header that curl sends anyway.
  const accept: readonly Line[] =
    scheme !== "higress" || header.some(([name]) => name === "accept") ? [] : [["accept", "*/*"]];
  return {
    module,
    scheme,
    key: await readKey(options.key),
    method: options.method ?? (data === undefined ? "GET" : "POST"),
    ...url,
    headers: [
      ...(data === undefined || type === undefined ? [] : [["content-type", type] as const]),
      ...accept,
      ...header,
    ],
    body,
    ...(keyEncoding !== undefined && { keyEncoding }),
    ...(id !== undefined && { keyId: id }),
    ...(region !== undefined && { region }),
    ...(service !== undefined && { service }),
    ...(options.now && { clock: stoppedClock(options.now) }),
  };
}

/** Options that belong to a scheme, and to that alone. */
function checkFor({ scheme, id, region, service }: SignOptions): void {
  const needs = (option: string, value: string | undefined, isWanted: boolean) => {
    if (isWanted && !value) throw new Failure(`${option}: expected one, as ${scheme} needs it, found none`);
    if (!isWanted && value !== undefined) throw new Failure(`${option}: ${scheme} has none; leave it away`);
  };
  needs("--id", id, (canonicalSchemes as readonly string[]).includes(scheme));
  needs("--region", region, scheme === "aws-sigv4");
  needs("--service", service, scheme === "aws-sigv4");
}

async function readKey(source: string): Promise<string> {
  const [, kind, rest = ""] = /^(env|file|value):(.*)$/s.exec(source) ?? [];
  // What stands there may be the key itself: it is not repeated.
  if (kind === undefined) throw new Failure("--key: expected env:NAME, file:PATH or value:TEXT, found something else");
  const key = kind === "env" ? process.env[rest] : kind === "value" ? rest : await readKeyFile(rest);
  if (key === undefined) throw new Failure(`--key: the environment has no ${rest}; set it, or use file:PATH`);
  if (key.trim() === "")
    throw new Failure(`--key: expected a key, found an empty or blank one in ${kind}:${rest.trim()}`);
  if (key.includes("\0"))
    throw new Failure("--key: expected text, found NUL; write it in hex, with --key-encoding hex");
  return key;
}

/** Editors end a file in a line feed, which is no part of the key. */
async function readKeyFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new Failure(`--key: ${path} cannot be read: ${messageOf(error)}`);
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r?\n$/, "");
  } catch {
    throw new Failure(`--key: ${path}: expected UTF-8, found other bytes; write it in hex, with --key-encoding hex`);
  }
}

function parseUrl(text: string): Url {
  const [, origin, rest = ""] = /^(https?:\/\/[^/?#@\s]+)([^#\s]*)$/.exec(text) ?? [];
  if (origin === undefined) throw new InvalidArgumentError("expected a URL such as https://hooks.example.com/x?y=1.");
  return { origin, path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** Header values are bytes, a character each; they are shown as the text they are. */
const utf8 = ([name, value]: Line): Line => [name, Buffer.from(value, "latin1").toString()];

function curlOf(verb: string, url: string, headers: readonly Line[], body: string | undefined): string {
  const usual = body === undefined ? "GET" : "POST";
  const data = body === undefined ? [] : [body.startsWith("@") ? "--data-binary" : "--data-raw", quoted(body)];
  // curl drops a header without a value, unless a semicolon stands for the colon.
  const lines = headers.flatMap(([name, value]) => ["-H", quoted(value === "" ? `${name};` : `${name}: ${value}`)]);
  return ["curl", "-i", ...(verb === usual ? [] : ["-X", verb]), quoted(url), ...lines, ...data].join(" ");
}

/** For a POSIX shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
