import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it as vitestIt } from "vitest";
import { ts as bundled } from "ts-morph";
import { TypeGate } from "../../src/project/type-gate/type-gate.js";
import { installTypeScript, SEVEN } from "./helpers/compilers.js";
import { APIS, PRETENDED, pretend, withoutProgram } from "./helpers/native-pretenders.js";
import { temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

const it = vitestIt.skipIf(!SEVEN.isInstalled);

let project: TemporaryProject | undefined;
let gate: TypeGate | undefined;
afterEach(() => {
  gate?.close();
  gate = undefined;
  project?.remove();
  project = undefined;
});

const FILES = { "src/one.ts": "export const one: number = 1;\n", "src/two.ts": 'import { one } from "./one.js";\nexport const two: number = one;\n' };
const BREAKS_TWO = new Map([["src/one.ts", 'export const one: string = "1";\n']]);

/** A project with TypeScript 7, and its gate. */
function open(files: Record<string, string> = FILES, tsconfig?: object, prepare?: (made: TemporaryProject) => void): TypeGate {
  project = temporaryProject(files, tsconfig);
  installTypeScript(project, SEVEN, ["@types", "better-sqlite3", "sessionfix-runtime"]);
  prepare?.(project);
  gate = new TypeGate(project.root);
  return gate;
}

async function says(after: ReadonlyMap<string, string>, before: ReadonlyMap<string, string> = new Map()): Promise<string[] | undefined> {
  const found = await gate?.newDiagnostics(before, after);
  return found?.map(({ file, line, code }) => `${file}:${line} ${code}`).sort();
}

describe("TypeScript 7", () => {
  it("sees what breaks in another file, and nothing of it when the change is gone", async () => {
    open();
    expect(await says(BREAKS_TWO)).toEqual(["src/two.ts:2 2322"]);
    expect(await says(new Map([["src/one.ts", "export const one: number = 2;\n"]]))).toEqual([]);
    expect(await says(BREAKS_TWO)).toEqual(["src/two.ts:2 2322"]);
    expect(gate?.summary()).toEqual([`types: tsconfig.json, TypeScript ${SEVEN.version}`]);
  });

  it("sees files that are created in folders that are created, and that they are gone again", async () => {
    open();
    const using = 'import { made } from "./made/deep/file.js";\nexport const one: number = made;\n';
    expect(await says(new Map([["src/one.ts", using], ["src/made/deep/file.ts", "export const made = 1;\n"]]))).toEqual([]);
    expect(await says(new Map([["src/one.ts", using], ["src/made/deep/file.ts", 'export const made = "1";\n']]))).toEqual(["src/one.ts:2 2322"]);
    expect(await says(new Map([["src/one.ts", using]]))).toEqual(["src/one.ts:1 2307"]);
    expect(await says(new Map([["src/one.ts", using], ["src/made/deep/file.ts", "export const made = 1;\n"]]))).toEqual([]);
  });

  it("says the line in files with other characters, line ends and a byte order mark", async () => {
    open({ ...FILES, "src/three.ts": "export const three = 3;\n" });
    expect(await says(new Map([["src/three.ts", '\uFEFF// é😀\r\nexport const s = "😀"; export const three: number = s;\r\n']]))).toEqual(["src/three.ts:2 2322"]);
    expect(await says(new Map([["src/three.ts", "\uFEFFexport const three: string = 3;\n"]]))).toEqual(["src/three.ts:1 2322"]);
  });

  it("says a chain of messages as TypeScript 6 does", async () => {
    open();
    const found = await gate?.newDiagnostics(new Map(), new Map([["src/one.ts", 'export const one = 1;\nconst from = { a: { b: 1 } };\nexport const to: { a: { b: string } } = from;\n']]));
    expect(found?.map(({ message }) => message)).toEqual(["Type '{ a: { b: number; }; }' is not assignable to type '{ a: { b: string; }; }'.\n  The types of 'a.b' are incompatible between these types.\n    Type 'number' is not assignable to type 'string'."]);
  });

  it("says what syntax and declarations lack", async () => {
    open(FILES, { compilerOptions: { target: "ES2022", module: "NodeNext", types: [], declaration: true, skipLibCheck: true, outDir: "out" }, include: ["src"] });
    expect(await says(new Map([["src/one.ts", "class Hidden { private part = 1 }\nexport const one = class extends Hidden {};\n"]]))).toEqual(["src/one.ts:2 4094", "src/two.ts:2 2322"]);
    expect(await says(new Map([["src/one.ts", "export const one: number = ;\n"]]))).toEqual(["src/one.ts:1 1109"]);
  });

  it("starts once for several tsconfigs, each of which has its own settings", async () => {
    const loose = { compilerOptions: { target: "ES2022", module: "NodeNext", types: [], strict: false, skipLibCheck: true }, include: ["*.ts"] };
    open({ ...FILES, "loose/tsconfig.json": JSON.stringify(loose), "loose/free.ts": "export const free = 1;\n" });
    const untyped = "export function free(of) { return of; }\n";
    expect(await says(new Map([["loose/free.ts", untyped], ["src/one.ts", `${untyped}export const one = 1;\n`]]))).toEqual(["src/one.ts:1 7006"]);
    expect(gate?.summary()).toEqual(["loose/tsconfig.json", "tsconfig.json"].map((path) => `types: ${path}, TypeScript ${SEVEN.version}`));
  });
});

describe("the settings of a project with TypeScript 7", () => {
  it("may have been removed from it: the files are checked nevertheless", async () => {
    open(FILES, { compilerOptions: { target: "es5", module: "commonjs", moduleResolution: "node10", baseUrl: ".", esModuleInterop: false, types: [], strict: true, skipLibCheck: true }, include: ["src"] });
    expect(await says(BREAKS_TWO)).toEqual(["src/two.ts:2 2322"]);
    expect(gate?.summary()).toEqual([`types: tsconfig.json, TypeScript ${SEVEN.version}`]);
  });

  it("are those of the tsconfig that it extends as well, in another folder", async () => {
    const base = { compilerOptions: { target: "ES2022", module: "NodeNext", types: [], strict: true, noUnusedLocals: true, skipLibCheck: true, paths: { "~/*": ["../src/*"] } } };
    open({ "config/base.json": JSON.stringify(base), "src/one.ts": "export const one: number = 1;\n", "src/two.ts": 'import { one } from "~/one.js";\nexport const two: number = one;\n', "tsconfig.json": JSON.stringify({ extends: "./config/base.json", include: ["src"] }) }, undefined, (made) => {
      made.write("tsconfig.json", JSON.stringify({ extends: "./config/base.json", include: ["src"] }));
    });
    expect(await says(BREAKS_TWO)).toEqual(["src/two.ts:2 2322"]);
    expect(await says(new Map([["src/one.ts", "const unused = 1;\nexport const one: number = 1;\n"]]))).toEqual(["src/one.ts:1 6133"]);
  });

  it("may be a jsconfig.json, whose JavaScript is checked where it says so", async () => {
    const files = { "src/one.js": "exports.one = 1;\n", "src/two.js": 'const { one } = require("./one");\n/** @type {number} */\nconst two = one;\nexports.two = two;\n', "package.json": '{ "name": "app" }' };
    project = temporaryProject({ ...files, "jsconfig.json": JSON.stringify({ compilerOptions: { checkJs: true, module: "commonjs", target: "es2022", strict: true, types: ["node"] }, include: ["src"] }) });
    rmSync(join(project.root, "tsconfig.json"));
    installTypeScript(project, SEVEN, ["@types"]);
    gate = new TypeGate(project.root);
    expect(await says(new Map([["src/one.js", 'exports.one = "1";\n']]))).toEqual(["src/two.js:3 2322"]);
    expect(gate.summary()).toEqual([`types: jsconfig.json, TypeScript ${SEVEN.version}`]);
  });

  it("keep their own aliases beside the runtime's types, where it is not installed", async () => {
    const tsconfig = JSON.stringify({ extends: "./base.json", compilerOptions: { noUnusedLocals: true }, include: ["src"] });
    const base = JSON.stringify({ compilerOptions: { target: "ES2022", module: "NodeNext", types: ["node"], strict: true, skipLibCheck: true, paths: { "~/*": ["./src/*"] } } });
    const files = { "base.json": base, "src/one.ts": "export const one: number = 1;\n", "src/two.ts": 'import { one } from "~/one.js";\nexport const two: number = one;\n' };
    project = temporaryProject(files);
    project.write("tsconfig.json", tsconfig);
    installTypeScript(project, SEVEN, ["@types", "better-sqlite3"]);
    gate = new TypeGate(project.root);
    const open = 'import { getSession } from "sessionfix-runtime";\nimport { one } from "~/one.js";\nexport const two: number = one;\nexport const session';
    expect(await says(new Map([["src/two.ts", `${open} = getSession;\n`]]))).toEqual([]);
    expect(await says(new Map([["src/two.ts", `${open}: number = getSession;\n`]]))).toEqual(["src/two.ts:4 2322"]);
    expect([...gate.notes]).toEqual([expect.stringContaining("sessionfix-runtime is not installed in this project") as unknown]);
    expect(gate.summary()).toEqual([`types: tsconfig.json, TypeScript ${SEVEN.version}`]);
    expect(project.read("tsconfig.json")).toBe(tsconfig);
  });
});

describe("a TypeScript 7 that cannot be relied on", () => {
  async function expectBundled(version: string, reason: RegExp): Promise<void> {
    expect(await says(BREAKS_TWO)).toEqual(["src/two.ts:2 2322"]);
    expect(await says(new Map([["src/one.ts", "export const one: number = 2;\n"]]))).toEqual([]);
    const [line = ""] = gate?.summary() ?? [];
    expect(line.startsWith(`types: tsconfig.json, TypeScript ${bundled.version} (sessionfix's own: the project's own, ${version}, could not be asked: `)).toBe(true);
    expect(line).toMatch(reason);
  }

  it.each([
    ["whose API has other names", /is not a function/],
    ["that exports no API", /exports no API/],
    ["that answers with nothing", /what it says of a known program is wrong/],
    ["whose diagnostics look otherwise", /its diagnostics have another shape/],
    ["that ends between two questions", /Unexpected EOF/],
    ["that does not look at what has changed", /it did not read the changed src\/one\.ts/],
    ["that leaves files out", /it leaves src\/one\.ts out of tsconfig\.json/],
  ] as const)("%s gives way to the bundled compiler, which says so and checks all", async (api, reason) => {
    open(FILES, undefined, (made) => pretend(made, APIS[api]));
    await expectBundled(PRETENDED, reason);
  });

  it("because it has no API at all", async () => {
    open(FILES, undefined, (made) => pretend(made, undefined));
    await expectBundled(PRETENDED, /'\.\/unstable\/sync' is not defined/);
  });

  it("because its program for this platform is missing", async () => {
    open(FILES, undefined, (made) => withoutProgram(made));
    await expectBundled(SEVEN.version, /Unable to resolve @typescript\/typescript-/);
  });

  it("because its program does not run", async () => {
    open(FILES, undefined, (made) => withoutProgram(made, { isBroken: true }));
    await expectBundled(SEVEN.version, /Error: .*(?:EACCES|ENOEXEC|UNKNOWN|failed)/);
  });
});
