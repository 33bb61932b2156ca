import { join } from "node:path";
import { ts } from "ts-morph";
import { afterEach, describe, expect, it } from "vitest";
import { Declarations } from "../../src/project/type-gate/declarations.js";
import { TypeGate } from "../../src/project/type-gate/type-gate.js";
import { installTypeScript, KINDS } from "./helpers/compilers.js";
import { temporaryProject, TSCONFIG } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

let project: TemporaryProject | undefined;
let gate: TypeGate | undefined;
afterEach(() => {
  gate?.close();
  project?.remove();
});

const FILE = "types.d.ts";
const OPTIONS: ts.CompilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, strict: true };
const HOW: ts.CreateSourceFileOptions = { languageVersion: ts.ScriptTarget.ES2022, impliedNodeFormat: ts.ModuleKind.ESNext };

/** The file as one more checker gets it. */
function read(options: ts.CompilerOptions = OPTIONS, how: ts.CreateSourceFileOptions = HOW): ts.SourceFile | undefined {
  const name = join(project?.root ?? "", FILE);
  return new Declarations(ts, options).get(name, how, () => (ts.sys.fileExists(name) ? ts.createSourceFile(name, ts.sys.readFile(name) ?? "", how, true) : undefined));
}

describe("a declaration file", () => {
  it("is parsed once for all that read it in the same way, wherever their own files are", () => {
    project = temporaryProject({ [FILE]: "export declare const a: 1;\n" });
    const first = read();
    expect(first?.text).toContain("a: 1");
    expect(read({ ...OPTIONS, configFilePath: "/elsewhere/tsconfig.json", rootDir: "/elsewhere" })).toBe(first);
  });

  it.each<[string, ts.CompilerOptions, ts.CreateSourceFileOptions]>([
    ["with other options", { ...OPTIONS, strict: false }, HOW],
    ["where imports may lead elsewhere", { ...OPTIONS, paths: { "~/*": ["./src/*"] } }, HOW],
    ["as another kind of module", OPTIONS, { ...HOW, impliedNodeFormat: ts.ModuleKind.CommonJS }],
    ["for another version of the language", OPTIONS, { ...HOW, languageVersion: ts.ScriptTarget.ES2020 }],
  ])("is parsed anew %s", (_, options, how) => {
    project = temporaryProject({ [FILE]: "export declare const a: 1;\n" });
    const first = read();
    expect(read(options, how)).not.toBe(first);
    expect(read()).toBe(first);
  });

  it("is parsed anew when it has changed, and is gone when it is gone", () => {
    project = temporaryProject({ [FILE]: "export declare const a: 1;\n" });
    read();
    project.write(FILE, "export declare const a: 2;\n");
    expect(read()?.text).toContain("a: 2");
    project.write(FILE, "export declare const abc: 3;\n");
    expect(read()?.text).toContain("abc: 3");
    project.remove();
    expect(read()).toBeUndefined();
  });
});

describe.each(KINDS)("two packages that read the same declarations, by $title", (compiler) => {
  it.skipIf(!compiler.isInstalled)("do not see what the other one adds to them", async () => {
    const handler = (user: string) => `import type { Request } from "express";\n\nexport const name = (request: Request) => ${user};\n`;
    const files = {
      "a/tsconfig.json": JSON.stringify({ ...TSCONFIG, include: ["*.ts"] }),
      "b/tsconfig.json": JSON.stringify({ ...TSCONFIG, include: ["*.ts"] }),
      "a/user.ts": `declare global {\n  namespace Express {\n    interface Request {\n      user: string;\n    }\n  }\n}\nexport {};\n`,
      "a/name.ts": handler("request.url"),
      "b/name.ts": handler("request.url"),
    };
    project = temporaryProject(files);
    installTypeScript(project, compiler);
    gate = new TypeGate(project.root);
    const asked = async (file: string) => (await gate?.newDiagnostics(new Map(), new Map([[file, handler("request.user")]])))?.map(({ file: at, code }) => [at, code]);
    expect(await asked("a/name.ts")).toEqual([]);
    expect(await asked("b/name.ts")).toEqual([["b/name.ts", 2339]]);
    expect(await asked("a/name.ts")).toEqual([]);
  });
});
