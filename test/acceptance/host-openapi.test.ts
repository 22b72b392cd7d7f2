/** What `pwk attributes from-openapi` writes, in attribute-gen itself: every operation of an API has its own value. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { hostEngine } from "@proxy-wasm-kit/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";

const run = promisify(execFile);
const operation = "istio_operationId";

/** "METHOD path" and the value; the paths of a group begin with each of its bases. */
interface Group {
  readonly bases: readonly string[];
  readonly requests: readonly (readonly [string, string])[];
}

const books: readonly Group[] = [
  {
    bases: ["/v1", "/api/v1"],
    requests: [
      ["GET /books", "listBooks"],
      ["GET /books?page=2", "listBooks"],
      ["POST /books", "createBook"],
      ["GET /books/bestsellers", "listBestsellers"],
      ["GET /books/7", "getBook"],
      ["PUT /books/7", "replaceBook"],
      ["DELETE /books/7", "deleteBook"],
      ["GET /books/7/reviews", "listReviews"],
      ["POST /books/7/reviews", "createReview"],
      ["GET /books/7/reviews/8", "getReview"],
      ["GET /books/7.epub", "downloadEpub"],
      ["GET /books/7.pdf", "downloadAs"],
      ["POST /books/7:lend", "actOnBook"],
      ["GET /magazines/latest", "getLatest"],
      ["GET /books/latest", "getBook"],
      ["GET /magazines/7/history", "getHistory"],
      ["GET /authors/a%20b/books/7", "GET /authors/{author}/books/{id}"],
      ["GET /b%C3%BCcher", "listBuecher"],
      ["GET /o'reilly/7(1)", "odata"],
      ["GET /books/", "none"],
      ["PATCH /books", "none"],
      ["GET /magazines", "none"],
      ["GET /health", "none"],
    ],
  },
  {
    bases: [""],
    requests: [
      ["GET /health", "health"],
      ["HEAD /health", "isHealthy"],
      ["GET /books", "none"],
    ],
  },
];

const pets: readonly Group[] = [
  {
    bases: ["/v2"],
    requests: [
      ["GET /", "root"],
      ["GET /pets", "listPets"],
      ["POST /pets", "addPet"],
      ["OPTIONS /pets", "OPTIONS /pets"],
      ["GET /pets/mine", "listMyPets"],
      ["GET /pets/7", "getPet"],
      ["PATCH /pets/7", "changePet"],
      ["DELETE /pets/7", "deletePet"],
      ["GET /pets/7/images/8.png", "getImage"],
      ["GET /pets/7/images/8", "describeImage"],
      ["PUT /pets/7/images/8", "putImage"],
      ["GET /pets/7/images/", "none"],
    ],
  },
];

test.each([
  ["books.yaml", books],
  ["pets.json", pets],
])("attribute-gen: every operation of %s has its own value", async (file, groups) => {
  const configuration = await configurationFor(file);
  const requests = groups.flatMap(({ bases, requests }) =>
    bases.flatMap((base) => requests.map(([line, value]) => [line.replace(" ", ` ${base}`), value] as const)),
  );
  const proxy = await hostEngine.start({
    filters: [{ name: "attribute-gen", wasm: "dist/attribute-gen.wasm", configuration }],
    filterState: [operation],
  });
  const seen: (readonly [string, string | undefined])[] = [];
  for (const [line] of requests) {
    const [method = "", path = ""] = line.split(" ");
    seen.push([line, (await proxy.send({ method, path })).filterState[operation]]);
  }
  await proxy.close();
  expect(seen).toEqual(requests);
  // No operation is left out above.
  const values = configuration.attributes[0].match.map(({ value }: { readonly value: string }) => value);
  expect(new Set([...values, "none"])).toEqual(new Set(requests.map(([, value]) => value)));
});

/** As the command writes it, and valid by the filter's schema. */
async function configurationFor(file: string) {
  const args = ["cli/bin/pwk.mjs", "attributes", "from-openapi", `cli/test/openapi/${file}`, "--default", "none"];
  const configuration = JSON.parse((await run(process.execPath, [...args, "-o", "json"])).stdout);
  const schema = JSON.parse(await readFile("filters/attribute-gen/config.schema.json", "utf8"));
  const accepts = new Ajv2020({ strict: false }).compile(schema);
  expect(accepts(configuration), JSON.stringify(accepts.errors)).toBe(true);
  return configuration;
}
