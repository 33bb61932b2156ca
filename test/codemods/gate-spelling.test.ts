import { afterEach, describe, expect, it } from "vitest";
import { diagnosticKey } from "../../src/project/type-gate/same-diagnostic.js";
import { TypeGate } from "../../src/project/type-gate/type-gate.js";
import { installTypeScript, KINDS } from "./helpers/compilers.js";
import { temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

let project: TemporaryProject | undefined;
let gate: TypeGate | undefined;
afterEach(() => {
  gate?.close();
  project?.remove();
  project = undefined;
});

const AROUND = {
  "src/names.ts": `export const first = 1;\n`,
  "src/types.ts": `export interface Shape { width: number; height: number }\nexport class Base { draw(): void {} }\nexport declare namespace Space { interface Inner { x: number } }\n`,
};

/** Old mistakes, each of which the compiler has a suggestion for as long as its budget of ten lasts. */
const MISSPELT = Array.from({ length: 14 }, (_, at) => `export const use${at} = colour${at};\n`).join("");
const NEAR = Array.from({ length: 14 }, (_, at) => `const colours${at} = ${at};\nvoid colours${at};\n`).join("");

describe.each(KINDS)("the spelling suggestions of $title", (compiler) => {
  const isAsked = it.skipIf(!compiler.isInstalled);

  /** What the gate says when these files become those. */
  async function saysOf(before: Record<string, string>, after: Record<string, string>): Promise<{ code: number; message: string }[]> {
    project = temporaryProject({ ...AROUND, ...before });
    installTypeScript(project, compiler);
    gate = new TypeGate(project.root);
    const found = await gate.newDiagnostics(new Map(), new Map(Object.entries(after)));
    expect(gate.summary()).toEqual([`types: tsconfig.json, TypeScript ${compiler.version}`]);
    return found.map(({ code, message }) => ({ code, message }));
  }

  const says = (before: string, after: string) => saysOf({ "src/one.ts": before }, { "src/one.ts": after });

  isAsked("come to old mistakes when others go, which makes none of them new", async () => {
    expect(await says(NEAR + MISSPELT, NEAR + MISSPELT.slice(MISSPELT.indexOf("\n") + 1))).toEqual([]);
  });

  isAsked("go from old mistakes when a change uses the budget up: only the change's own mistakes are new", async () => {
    const own = "export const own = colour20;\nexport const again = colour20;\n";
    expect((await says(NEAR + MISSPELT, NEAR + own + MISSPELT)).map(({ message }) => message.slice(0, 28))).toEqual(["Cannot find name 'colour20'."]);
  });

  isAsked("come to a shorthand property, to what Node's types would have, and to a namespace", async () => {
    const old = `export const both = { colour0 };\nexport type Gone = Spaces.Inner;\nexport const one = proces.env;\n`;
    const near = `import type { Space } from "./types.js";\nconst colours0 = 1;\nexport const kept: [number, Space.Inner?] = [colours0];\n`;
    expect(await says(near + MISSPELT.replaceAll("colour", "missing") + old, near + old)).toEqual([]);
  });

  isAsked.each([
    ["a property", "export const w = (shape: { width: number }): unknown => shape.widht;\n", "export const w = (shape: { width: number }): unknown => shape.widht;\n".replace("width:", "heigth:")],
    ["a property of a literal", 'export const s: { width?: number } = { widht: 1 };\n', 'export const s: { zzzzzzz?: number } = { widht: 1 };\n'],
  ])("are about one type, and a name that another type lacks is a new mistake: %s", async (_, before, after) => {
    expect(await says(before, after)).toHaveLength(1);
  });

  isAsked.each([
    ["a property", `type T = { width: number };\nexport const w = (shape: T): unknown => shape.widht;\n`, "width:", "length:"],
    ["a property of a literal", `type T = { width?: number };\nexport const s: T = { widht: 1 };\n`, "width?:", "length?:"],
    ["a member that is no override", `class Base { draw(): void {} }\nexport class Own extends Base { override drew(): void {} }\n`, "draw()", "nothing()"],
  ])("name what a type has, and no longer when it goes: %s", async (_, before, from, to) => {
    expect(await says(before, before.replace(from, to))).toEqual([]);
  });

  isAsked("name what a module exports, and no longer when that goes", async () => {
    expect(await saysOf({ "src/one.ts": `export const colours = 1;\n`, "src/two.ts": `import { colour } from "./one.js";\nimport * as one from "./one.js";\nexport const used = [colour, one];\nexport type T = typeof one;\n` }, { "src/one.ts": `export const unlike = 1;\n` })).toEqual([]);
  });
});

describe("a diagnostic's key", () => {
  it.each([
    [2307, "Cannot find module './x' or its corresponding type declarations.", 2792, "Cannot find module './x'. Did you mean to set the 'moduleResolution' option to 'nodenext', or to add aliases to the 'paths' option?"],
    [2305, "Module '\"./x\"' has no exported member 'a'.", 2614, "Module '\"./x\"' has no exported member 'a'. Did you mean to use 'import a from \"./x\"' instead?"],
    [2694, "Namespace 'N' has no exported member 'a'.", 2724, "'N' has no exported member named 'a'. Did you mean 'b'?"],
    [2322, "Type '\"lft\"' is not assignable to type 'Side'.", 2820, "Type '\"lft\"' is not assignable to type 'Side'. Did you mean '\"left\"'?"],
    [4122, "This member cannot have a JSDoc comment with an '@override' tag because it is not declared in the base class 'B'.", 4123, "This member cannot have a JSDoc comment with an 'override' tag because it is not declared in the base class 'B'. Did you mean 'a'?"],
    [2726, "Cannot find lib definition for 'es2O'.", 2727, "Cannot find lib definition for 'es2O'. Did you mean 'es20'?"],
    [2339, "Property 'a' does not exist on type 'A | B'.\n  Property 'a' does not exist on type 'A'.", 2551, "Property 'a' does not exist on type 'A | B'. Did you mean 'b'?\n  Property 'a' does not exist on type 'A'."],
    [2591, "Cannot find name 'proces'. Do you need to install type definitions for node? Try `npm i --save-dev @types/node` and then add 'node' to the types field in your tsconfig.", 2552, "Cannot find name 'proces'. Did you mean 'process'?"],
  ])("of TS%d is that of its twin with a suggestion", (code, message, twin, suggesting) => {
    expect(diagnosticKey(twin, suggesting)).toBe(diagnosticKey(code, message));
    expect(diagnosticKey(code, message.replaceAll(/'.*?'/g, "'other'"))).not.toBe(diagnosticKey(code, message));
  });
});
