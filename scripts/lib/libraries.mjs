// What is generated from the catalogue's library files: src/core/catalogue/libraries/index.ts.
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

const FOLDER = "src/core/catalogue/libraries";
/** One entry, or a list of them. What is exported with another type is for other library files. */
const ENTRY = /^export const (\w+): (readonly )?Library(\[\])? =/gm;

/** The registry's text: one import a file, its entries in the order in which they stand there. */
function render(files) {
  const imports = files.map(({ file, entries }) => `import { ${entries.map(({ name }) => name).join(", ")} } from "./${file.replace(/\.ts$/, ".js")}";`);
  const lines = files.flatMap(({ entries }) => entries.map(({ name, isList }) => `  ${isList ? "..." : ""}${name},`));
  return `// Made from the library files by \`npm run registry\`; not edited by hand.
import type { Library } from "../library.js";
${imports.join("\n")}

/** Every library. Where several entries share a specifier, the first is the one that stands for it. */
export const LIBRARIES: readonly Library[] = [
${lines.join("\n")}
];
`;
}

/** The generated file by its path from the root, as it must be; none where there is no catalogue. */
export async function generatedLibraries(root) {
  if (!existsSync(path.join(root, FOLDER))) return new Map();
  const names = (await readdir(path.join(root, FOLDER))).filter((name) => name.endsWith(".ts") && name !== "index.ts").sort();
  const files = await Promise.all(
    names.map(async (file) => {
      const entries = [...(await readFile(path.join(root, FOLDER, file), "utf8")).matchAll(ENTRY)].map(([, name, , list]) => ({ name, isList: list !== undefined }));
      if (entries.length === 0) throw new Error(`${FOLDER}/${file} must export a \`Library\`, or a list of them`);
      return { file, entries };
    }),
  );
  return new Map([[`${FOLDER}/index.ts`, render(files)]]);
}
