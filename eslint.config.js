import { existsSync } from "node:fs";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

// The project's own rules run on its own code, as built. A fresh checkout has no build yet: `npm test` builds first.
const plugin = new URL("./rules/dist/index.js", import.meta.url);
const sessionfix = existsSync(plugin) ? (await import(plugin.href)).default : undefined;

/** Who may import whom: one entry a room, with what it must not reach. */
const directions = [
  { room: "runtime", forbid: ["**/src/**", "**/rules/**", "**/codemods/**", "**/test/**"], packages: true, reason: "the runtime imports nothing but node:" },
  { room: "src/core", forbid: ["**/harness/**", "**/project/**", "**/report/**", "**/cli/**", "**/rules/**", "**/codemods/**", "**/runtime/**", "**/test/**"], packages: true, reason: "the core is pure: no file system, no process, no parser, no host" },
  { room: "rules", forbid: ["**/harness/**", "**/project/**", "**/report/**", "**/cli/**", "**/codemods/**", "**/runtime/**", "**/test/**"], reason: "rules stand on src/core alone" },
  { room: "codemods", forbid: ["**/harness/**", "**/project/**", "**/report/**", "**/cli/**", "**/rules/**", "**/runtime/**", "**/test/**"], reason: "codemods stand on src/core alone" },
  { room: "src/project", forbid: ["**/harness/**", "**/cli/**", "**/report/**", "**/runtime/**", "**/test/**"], reason: "nothing imports the command line" },
  { room: "src/inspect", forbid: ["**/harness/**", "**/cli/**", "**/project/**", "**/report/**", "**/rules/**", "**/codemods/**", "**/test/**"], reason: "what looks at databases and processes stands on the runtime's own readers of /proc" },
  { room: "src/report", forbid: ["**/harness/**", "**/cli/**", "**/project/**", "**/rules/**", "**/codemods/**", "**/runtime/**", "**/test/**"], reason: "reports stand on src/core, and on the shapes of what src/inspect found" },
  { room: "src/harness", forbid: ["**/cli/**", "**/project/**", "**/report/**", "**/rules/**", "**/codemods/**", "**/runtime/**", "**/test/**"], reason: "the harness stands on src/core, Node and libraries" },
];

export default defineConfig(
  globalIgnores(["**/dist/**", "**/node_modules/**", "test/fixtures/**", ".demo/**", "coverage/**", "rules/docs/**"]),
  ...(sessionfix ? [sessionfix.configs.recommended] : []),
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.check.json", tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      // An AbortSignal's reason is whatever the caller chose, and goes up as it is.
      "@typescript-eslint/prefer-promise-reject-errors": ["error", { allowThrowingAny: true, allowThrowingUnknown: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // Tests hand over functions that are asynchronous, or wait, whether or not they need to: that is what they test.
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/require-await": "off", "@typescript-eslint/await-thenable": "off" },
  },
  {
    // The plugin reads the disk in two places; everything else in it is told what it needs.
    files: ["rules/**/*.ts"],
    ignores: ["rules/host/cache-reader.ts", "rules/host/disk.ts"],
    rules: { "no-restricted-syntax": ["error", { selector: "ImportDeclaration[source.value=/^node:(fs|child_process|worker_threads|http|https|net)/]", message: "Only rules/host/cache-reader.ts and rules/host/disk.ts read the disk." }] },
  },
  ...directions.map(({ room, forbid, packages, reason }) => ({
    files: [`${room}/**/*.ts`],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: forbid, message: `Import direction: ${reason}.` },
            ...(packages ? [{ regex: room === "runtime" ? "^(?!node:|\\.)" : "^(?!\\.)", allowTypeImports: true, message: `Import direction: ${reason}.` }] : []),
          ],
        },
      ],
    },
  })),
);
