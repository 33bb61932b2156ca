import { afterEach, describe, expect, it as vitestIt } from "vitest";
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

const USES = `import { open } from "@team/database";\nexport const one = open();\n`;

describe.each(KINDS)("packages that are not installed, by $title", (compiler) => {
  const it = vitestIt.skipIf(!compiler.isInstalled);

  /** What the gate says of one more file that asks for a package. */
  async function says(files: Record<string, string>, added: string): Promise<number[]> {
    project = temporaryProject({ ...files, "src/two.ts": "export const two = 2;\n" });
    installTypeScript(project, compiler);
    gate = new TypeGate(project.root);
    const found = await gate.newDiagnostics(new Map(), new Map([["src/two.ts", added]]));
    expect(gate.summary()).toEqual([`types: tsconfig.json, TypeScript ${compiler.version}`]);
    return found.map(({ code }) => code);
  }

  it("are missing in one more file, as they are already in others", async () => {
    expect(await says({ "src/one.ts": USES }, USES.replace("one", "two"))).toEqual([]);
  });

  it("are a mistake where nobody asked for them before", async () => {
    expect(await says({ "src/one.ts": "export const one = 1;\n" }, USES.replace("one", "two"))).toEqual([2307]);
  });

  it("are no files: a path is another one in each folder", async () => {
    const asks = (name: string): string => `import { open } from "./gone.js";\nexport const ${name} = open();\n`;
    expect(await says({ "src/deep/one.ts": asks("one") }, asks("two"))).toEqual([2307]);
  });

  it("excuse nothing else in the file that asks for them", async () => {
    expect(await says({ "src/one.ts": USES }, `${USES.replace("one", "two")}export const three: number = "three";\n`)).toEqual([2322]);
  });
});
