import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const home = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const bin = (...parts) => path.join(home, ...parts);
const resolved = (name) => import.meta.resolve(name);

/**
 * Who runs, in the order in which they take turns. `prepare` puts each into the state that its name promises. ESLint's
 * configs stand in the tree, since ESLint looks at nothing outside its own folder.
 */
export function contenders(root, { typed, folder }) {
  const cache = path.join(folder, "cache");
  const scan = [bin("dist/cli.js"), "scan", "--format", "json", "--cache-dir", cache, root];
  const eslint = (name, config) => {
    const file = path.join(root, `eslint.${name}.mjs`);
    writeFileSync(file, config);
    return [bin("node_modules/eslint/bin/eslint.js"), "--config", file, "."];
  };
  const config = (options, rules, plugin = "") => `import parser from ${JSON.stringify(resolved("@typescript-eslint/parser"))};
${plugin}
export default [{ files: ["**/*.{ts,tsx}"], languageOptions: { parser, parserOptions: ${JSON.stringify({ ecmaFeatures: { jsx: true }, ...options })} }, ${rules} }];
`;
  const node = process.execPath;
  return [
    { name: "sessionfix, cold", command: node, args: scan, accepts: [0, 1], prepare: () => rmSync(cache, { recursive: true, force: true }) },
    { name: "sessionfix, warm", command: node, args: scan, accepts: [0, 1], prepare: () => {} },
    { name: "oxlint, default rules", command: node, args: [bin("node_modules/oxlint/bin/oxlint"), "--silent", root], accepts: [0, 1], prepare: () => {} },
    {
      name: "ESLint, one rule, no types",
      command: node,
      args: eslint("plain", config({}, 'rules: { "no-debugger": "error" }')),
      accepts: [0, 1],
      slow: true,
      prepare: () => {},
    },
    ...(typed
      ? [
          {
            name: "ESLint, one typed rule",
            command: node,
            args: ["--max-old-space-size=12000", ...eslint("typed", config({ project: "./tsconfig.json", tsconfigRootDir: root }, 'plugins: { ts: plugin }, rules: { "ts/no-floating-promises": "error" }', `import { plugin } from ${JSON.stringify(resolved("typescript-eslint"))};`))],
            accepts: [0, 1],
            slow: true,
            prepare: () => {},
          },
        ]
      : []),
  ];
}
