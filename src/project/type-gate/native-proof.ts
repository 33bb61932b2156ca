import { join } from "node:path";
import type { Overlay } from "./checker.js";
import { NativeChecker } from "./native-checker.js";
import type { NativeServer } from "./native-server.js";

/** Stands nowhere on the disk: what the server says of it, it has from the overlay. */
const FOLDER = ".sessionfix/known-program";

const SETTINGS = { compilerOptions: { noLib: true, types: [], declaration: true, strict: true, target: "es2022", module: "esnext", moduleResolution: "bundler" }, files: ["typed.ts", "broken.ts"] };

/** One program after another, with what a compiler says of it: file, line, code. */
const KNOWN: readonly { files: Record<string, string>; says: readonly string[] }[] = [
  {
    files: {
      "typed.ts": "// é\nexport const one: string = 1;\nclass Hidden {\n  private part = 1;\n}\nexport const open = class extends Hidden {};\n",
      "broken.ts": "export const = 1;\n",
    },
    says: ["broken.ts:1 1134", "typed.ts:2 2322", "typed.ts:6 4094"],
  },
  {
    files: { "typed.ts": 'import { made } from "./made/made.js";\nexport const one: string = made;\n', "broken.ts": "export {};\n", "made/made.ts": "export const made = 1;\n" },
    says: ["typed.ts:2 2322"],
  },
  {
    files: { "typed.ts": 'import { made } from "./made/made.js";\nexport const one: string = made;\n', "broken.ts": "export {};\n", "made/made.ts": 'export const made = "1";\n' },
    says: [],
  },
  {
    files: { "typed.ts": 'import { made } from "./made/made.js";\nexport const one: string = made;\n', "broken.ts": "export {};\n" },
    says: ["typed.ts:1 2307"],
  },
];

/**
 * Asks the server about programs of which the answer is known: mistakes of syntax, of types and of declarations, a file that comes and
 * goes, a change in another one. Throws when it says anything else: a later version that takes another kind of question, or answers
 * with nothing, must not let every edit pass.
 */
export function assertKnows(server: NativeServer): void {
  const path = join(server.root, FOLDER, "tsconfig.json");
  const checker = new NativeChecker(server, { path, raw: SETTINGS, fileNames: SETTINGS.files.map((name) => join(server.root, FOLDER, name)), declaration: true, version: "" });
  for (const { files, says } of KNOWN) {
    const overlay: Overlay = new Map(Object.entries({ ...files, "tsconfig.json": JSON.stringify(SETTINGS) }).map(([name, text]) => [`${FOLDER}/${name}`, text]));
    const found = [...checker.diagnostics(overlay).values()].map(({ first: { file, line, code } }) => `${file.slice(FOLDER.length + 1)}:${line} ${code}`).sort();
    if (JSON.stringify(found) !== JSON.stringify(says)) throw new Error("what it says of a known program is wrong");
  }
  server.release(path);
}
