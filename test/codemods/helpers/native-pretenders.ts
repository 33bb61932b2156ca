import { cpSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { SEVEN } from "./compilers.js";
import type { TemporaryProject } from "./project.js";

/** The version that the pretenders say they are. */
export const PRETENDED = "7.9.0";

const API = pathToFileURL(join(SEVEN.folder, "dist/api/sync/api.js")).href;
/** The last update of a server that is asked about what is known; the next ones are about the project. */
const LAST_OF_PROOF = 5;

/** TypeScript 7 as it could be one day, by what is wrong with it: the module `typescript/unstable/sync`. */
export const APIS = {
  "whose API has other names": "export class API { close() {} createSnapshot() {} }",
  "that exports no API": "export const version = 1;",
  "that answers with nothing": `import { API as Real } from "${API}";
    export class API extends Real {
      updateSnapshot(params) {
        const snapshot = super.updateSnapshot(params);
        for (const { program } of snapshot.getProjects()) program.getSemanticDiagnostics = () => [];
        return snapshot;
      }
    }`,
  "whose diagnostics look otherwise": `import { API as Real } from "${API}";
    export class API extends Real {
      updateSnapshot(params) {
        const snapshot = super.updateSnapshot(params);
        for (const { program } of snapshot.getProjects()) program.getSemanticDiagnostics = () => [{ code: 2322, messageText: "wrong", start: 0 }];
        return snapshot;
      }
    }`,
  "that ends between two questions": `import { API as Real } from "${API}";
    export class API extends Real {
      updates = 0;
      updateSnapshot(params) {
        if (++this.updates === ${LAST_OF_PROOF + 2}) this.client.channel.child.kill("SIGKILL");
        return super.updateSnapshot(params);
      }
    }`,
  "that does not look at what has changed": `import { API as Real } from "${API}";
    export class API extends Real {
      updates = 0;
      updateSnapshot({ fileChanges, ...params }) {
        return super.updateSnapshot(++this.updates > ${LAST_OF_PROOF} ? params : { fileChanges, ...params });
      }
    }`,
  "that leaves files out": `import { API as Real } from "${API}";
    export class API extends Real {
      updates = 0;
      updateSnapshot(params) {
        const snapshot = super.updateSnapshot(params);
        if (++this.updates > ${LAST_OF_PROOF}) for (const { program } of snapshot.getProjects()) program.getSourceFileNames = () => [];
        return snapshot;
      }
    }`,
} as const;

function writePackage(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/** The project's TypeScript becomes one with this API; with none when it is undefined. */
export function pretend(project: TemporaryProject, api: string | undefined): void {
  const folder = join(project.root, "node_modules/typescript");
  unlinkSync(folder);
  const exports = { "./package.json": "./package.json", ".": "./version.cjs", ...(api === undefined ? {} : { "./unstable/sync": "./sync.mjs" }) };
  writePackage(folder, {
    "package.json": JSON.stringify({ name: "typescript", version: PRETENDED, bin: { tsc: "./tsc.cjs" }, exports }),
    "version.cjs": `exports.version = "${PRETENDED}";`,
    "tsc.cjs": `console.log("Version ${PRETENDED}");`,
    ...(api === undefined ? {} : { "sync.mjs": api }),
  });
}

/** The real one, without the package that has its program for this platform; or with a program that cannot be run. */
export function withoutProgram(project: TemporaryProject, program?: { isBroken: true }): void {
  const folder = join(project.root, "node_modules/typescript");
  unlinkSync(folder);
  for (const part of ["package.json", "bin", "lib", "dist"]) cpSync(join(SEVEN.folder, part), join(folder, part), { recursive: true });
  symlinkSync(join(SEVEN.folder, "vendor"), join(folder, "vendor"));
  if (program === undefined) return;
  const name = `@typescript/typescript-${process.platform}-${process.arch}`;
  writePackage(join(folder, "node_modules", name), { "package.json": JSON.stringify({ name, version: SEVEN.version }), [`lib/tsc${process.platform === "win32" ? ".exe" : ""}`]: "not a program\n" });
}
