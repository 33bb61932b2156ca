import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { RUNTIME } from "../../core/contract.js";

export interface RuntimeTypes {
  /** The runtime's declarations by specifier; none when the package of the tsconfig has installed the runtime, or they are nowhere. */
  paths: Record<string, string[]>;
  /** They could be found nowhere, so that the runtime's own import is no reason to refuse. */
  isMissing: boolean;
  notes: string[];
}

/** Where the runtime's types are, when the package that the tsconfig belongs to has not installed it yet. */
export function typesOfRuntime(root: string, configPath: string): RuntimeTypes {
  const dir = dirname(configPath);
  if (packageFolder(join(dir, "package.json"), RUNTIME.specifier) !== undefined) return { paths: {}, isMissing: false, notes: [] };
  const place = relative(root, dir).split(sep).join("/");
  const notes = [
    `${RUNTIME.specifier} is not installed in ${place === "" ? "this project" : place}: install it ${place === "" ? "" : "there "}before running the changed program (npm install ${RUNTIME.specifier})`,
  ];
  const own = packageFolder(fileURLToPath(import.meta.url), RUNTIME.specifier);
  const paths: Record<string, string[]> = {};
  for (const specifier of [RUNTIME.specifier, ...Object.values(RUNTIME.drivers).map((driver) => driver.specifier)]) {
    const entry = own === undefined ? undefined : join(own, "dist", specifier === RUNTIME.specifier ? "index.d.ts" : `${specifier.slice(RUNTIME.specifier.length + 1)}.d.ts`);
    if (entry === undefined || !existsSync(entry)) {
      return { paths: {}, isMissing: true, notes: [...notes, `the types of ${RUNTIME.specifier} could not be found: what the changed code does with it was not checked`] };
    }
    paths[specifier] = [entry];
  }
  return { paths, isMissing: false, notes };
}

/** The folder from which `from` would load the package. */
function packageFolder(from: string, name: string): string | undefined {
  const require = createRequire(from);
  for (const base of require.resolve.paths(name) ?? []) {
    const folder = join(base, name);
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return undefined;
}
