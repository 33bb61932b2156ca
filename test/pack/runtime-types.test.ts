import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NAME, compilers, entries, installRuntime, addNodeTypes } from "./support/runtime-install.js";
import type { Installed } from "./support/runtime-install.js";

let installed: Installed;
const ENTRIES = entries();

/** Every entry; and of the main one, types that are known and no `any`. */
const USE = `
  export const factory = createSessionFactory({ open: (path: string) => ({ path }) });
  export const path: string = factory.getSession("a.db").path;
  // @ts-expect-error: what a session is, is known
  export const nothing: string = factory.getSession("a.db").missing;
  export const done: Promise<{ readonly items: number }> = batchedTransaction((work: (tx: { n: number }) => void) => work({ n: 1 }), [1], () => {});
`;

const IMPORTS = [
  `import { createSessionFactory, batchedTransaction } from "${NAME}";`,
  ...ENTRIES.map(({ specifier }, index) => `import * as entry${index} from "${specifier}";`),
  `export const all: object[] = [${ENTRIES.map((_, index) => `entry${index}`).join(", ")}];`,
].join("\n");

const REQUIRES = [
  `import main = require("${NAME}");\nconst { createSessionFactory, batchedTransaction } = main;`,
  ...ENTRIES.map(({ specifier }, index) => `import entry${index} = require("${specifier}");`),
  `export const all: object[] = [${ENTRIES.map((_, index) => `entry${index}`).join(", ")}];`,
].join("\n");

beforeAll(() => {
  installed = installRuntime();
  addNodeTypes(installed.folder);
  for (const extension of ["ts", "mts", "cts"]) writeFileSync(path.join(installed.folder, `imports.${extension}`), `${IMPORTS}\n${USE}`);
  for (const extension of ["ts", "cts"]) writeFileSync(path.join(installed.folder, `requires.${extension}`), `${REQUIRES}\n${USE}`);
}, 60_000);

afterAll(() => installed.remove());

/** What each setting lets a consumer write, and the declarations that it must be led to. */
const SETTINGS = [
  { module: "node16", moduleResolution: "node16", files: ["imports.mts", "imports.cts", "requires.cts"], conditions: ["import", "require"] },
  { module: "nodenext", moduleResolution: "nodenext", files: ["imports.mts", "imports.cts", "requires.cts"], conditions: ["import", "require"] },
  { module: "esnext", moduleResolution: "bundler", files: ["imports.ts", "imports.mts"], conditions: ["import"] },
  { module: "preserve", moduleResolution: "bundler", files: ["imports.ts", "imports.mts", "requires.ts", "requires.cts"], conditions: ["import", "require"] },
  // What many servers still compile by: it knows no `exports`, and no language library but ES2015 and what Node's types ask for. TypeScript 7
  // has no such setting any more.
  { module: "commonjs", moduleResolution: "node10", target: "es2015", files: ["imports.ts", "requires.ts"], conditions: ["require"] },
] as const;

const NODE10_ENDS = 7;

interface Outcome {
  errors: string;
  listed: string[];
}

/** The compiler's major version, from its package. */
function majorOf(tsc: string): number {
  const { version } = JSON.parse(readFileSync(path.join(path.dirname(tsc), "../package.json"), "utf8")) as { version: string };
  return Number.parseInt(version, 10);
}

async function compile(tsc: string, setting: (typeof SETTINGS)[number]): Promise<Outcome> {
  const { module, moduleResolution, files } = setting;
  const target = "target" in setting ? setting.target : "es2022";
  const deprecated = moduleResolution === "node10" && majorOf(tsc) === 6 ? { ignoreDeprecations: "6.0" } : {};
  const project = `tsconfig.${module}.json`;
  // The package's declarations are checked, and Node's; the language's own are the compiler's business, and take most of its time.
  const compilerOptions = { module, moduleResolution, target, strict: true, noEmit: true, skipLibCheck: false, skipDefaultLibCheck: true, types: ["node"], listFiles: true, ...deprecated };
  writeFileSync(path.join(installed.folder, project), JSON.stringify({ compilerOptions, files }));
  const output = await promisify(execFile)(process.execPath, [tsc, "-p", project], { cwd: installed.folder, maxBuffer: 1 << 26 })
    .catch((error: Error & { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? "", stderr: error.stderr ?? error.message }));
  const lines = `${output.stdout}${output.stderr}`.split(/\r?\n/).filter((line) => line.trim() !== "");
  return { errors: lines.filter((line) => !path.isAbsolute(line)).join("\n"), listed: lines.filter((line) => path.isAbsolute(line)).map((line) => path.normalize(line)) };
}

describe.each(compilers().map(({ title, tsc }) => [title, tsc] as const))("with %s", (_, tsc) => {
  const known = SETTINGS.filter(({ moduleResolution }) => moduleResolution !== "node10" || tsc === undefined || majorOf(tsc) < NODE10_ENDS);
  const settings = known.map((setting) => [setting.module, setting.moduleResolution, setting.files.join(", "), setting] as const);
  it.skipIf(tsc === undefined).each(settings)("module %s, moduleResolution %s: %s", async (_module, _resolution, _files, setting) => {
    const { errors, listed } = await compile(tsc ?? "", setting);
    expect(errors).toBe("");
    const wanted = ENTRIES.flatMap((entry) => setting.conditions.map((condition) => path.join(installed.at, entry[condition].types)));
    expect(wanted.filter((file) => !listed.includes(file))).toEqual([]);
    // Nothing but the package, Node and the language: no driver's types.
    expect(listed.filter((file) => !file.startsWith(installed.folder) && !/[\\/]lib\.[\w.]+\.d\.ts$/.test(file))).toEqual([]);
  });
});
