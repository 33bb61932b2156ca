import module from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const driver = process.env.SESSIONFIX_DRIVER || "better-sqlite3";
if (!["better-sqlite3", "better-sqlite3-13", "node-sqlite"].includes(driver)) {
  throw new Error(`SESSIONFIX_DRIVER is ${driver}; it must be better-sqlite3, better-sqlite3-13 or node-sqlite.`);
}
if (driver !== "better-sqlite3") {
  if (!("registerHooks" in module)) throw new Error(`SESSIONFIX_DRIVER=${driver} needs Node 22.15 or newer, and this is ${process.version}: use \`npm run vitest:newer\`.`);
  // A hook of Node's and no alias: the tests start processes and threads, and these load their driver themselves.
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --require=${JSON.stringify(at("./scripts/lib/driver-hook.cjs"))}`;
}

/** Folders whose tests change nothing of the process that they run in, or put it back (`test/support/same-process.ts` looks after that). */
const SHARED = "core|rules|project|report|precision";
/** Tests in them that replace modules, which whoever runs next in that process would get as well. */
const REPLACING = ["test/core/link/frameworks/injected.test.ts"];

/** Programs under load are measured alone: beside other tests they would measure those. */
const UNDER_LOAD = "test/harness/reference-cases.test.ts";

export default defineConfig({
  resolve: {
    alias: [
      { find: /^sessionfix-runtime$/, replacement: at("./runtime/index.ts") },
      { find: /^sessionfix-runtime\/(.+)$/, replacement: at("./runtime/$1.ts") },
    ],
  },
  test: {
    exclude: ["test/fixtures/**", "**/node_modules/**"],
    pool: "forks",
    testTimeout: 60_000,
    // Packing and copying trees takes its time on a busy machine.
    hookTimeout: 60_000,
    // In the order of their names: a process is handed on only to the next file of its own project.
    projects: [
      {
        // One file after another in each process: alone, each would load the compilers, ESLint and the sources anew, and parse the same declarations.
        extends: true,
        test: { name: "shared", include: [`test/@(${SHARED})/**/*.test.ts`], exclude: REPLACING, isolate: false, setupFiles: "test/support/same-process.ts" },
      },
      {
        // As those; `npm test` runs them beside the runtime's.
        extends: true,
        test: { name: "codemods", include: ["test/codemods/**/*.test.ts"], isolate: false, setupFiles: "test/support/same-process.ts" },
      },
      {
        extends: true,
        test: { name: "command line", include: ["test/e2e/**/*.test.ts"], isolate: false, setupFiles: "test/support/same-process.ts", globalSetup: "test/e2e/support/bundle.ts" },
      },
      {
        extends: true,
        test: { name: "alone", include: [`test/!(${SHARED}|codemods|e2e|runtime)/**/*.test.ts`, ...REPLACING], exclude: [UNDER_LOAD] },
      },
      { extends: true, test: { name: "runtime", include: ["test/runtime/**/*.test.ts"] } },
      { extends: true, test: { name: "under load", include: [UNDER_LOAD] } },
    ],
  },
});
