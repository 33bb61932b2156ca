import type { CreatedFile, PlanHost } from "../../src/core/edit.js";
import { getterText } from "./client-getter.js";
import { makerOf } from "./client-maker.js";
import type { Maker } from "./client-maker.js";
import { isCreation } from "./factory.js";
import type { Creation } from "./factory.js";
import { argumentsOf } from "./find-shared-client.js";
import { homeFor } from "./home.js";
import { isBystander } from "./closes.js";
import { commonDir, linesOf, packageDir } from "./session-module.js";
import type { ModuleImport } from "./session-module.js";
import { extensionOf } from "./specifier.js";
import { styleOf } from "./style.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { nodeOf } from "./tree.js";
import type { Tree } from "./tree.js";

/** A module that exports a getter of a client, made by a plan. */
export interface ClientModule {
  file: string;
  getter: string;
  created: CreatedFile;
}

/** The client modules of a plan: one for each client that several files make alike. */
export class ClientModules {
  readonly #created = new Map<string, ClientModule>();

  constructor(readonly host: PlanHost) {}

  /** `files` are those that will ask for it; `getter` is its name where it is new. */
  get(tree: Tree, open: Creation, maker: Maker, files: readonly string[], imports: readonly ModuleImport[], options: { getter: string; isKept: boolean; hasPool: boolean }): ClientModule {
    const key = [packageDir(tree.file, this.host), maker.package, maker.name, argumentsOf(open, tree.source)].join("\0");
    const known = this.#created.get(key);
    if (known !== undefined) return known;
    const dir = homeFor(commonDir(files), tree.file, this.host);
    const file = this.#freeFile(dir, options.getter, extensionOf(tree.file).replace("x", ""));
    const style = styleOf(tree.source);
    const { getter } = options;
    const isEsm = style.modules === "esm";
    const text = [...linesOf(file, imports, style, this.host), "", getterText(tree, open, getter, { ...options, exported: isEsm ? "export " : "" }), ...(isEsm ? [] : ["", `module.exports = { ${getter} }${style.semi}`]), ""].join("\n");
    const made: ClientModule = { file, getter, created: { file, text: tree.text.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text } };
    this.#created.set(key, made);
    return made;
  }

  /** `prisma.ts` for `getPrisma`, if nothing there is called so, not even a folder. */
  #freeFile(dir: string, getter: string, extension: string): string {
    const name = getter.slice("get".length).replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
    for (const stem of [name, `${name}-client`, `shared-${name}`, `shared-${name}-client`]) {
      const path = dir === "" ? stem : `${dir}/${stem}`;
      const isTaken = this.host.list().some((file) => file.startsWith(`${path}/`) || file.replace(/\.[cm]?[jt]sx?$/, "") === path) || [...this.#created.values()].some(({ file }) => file === path + extension);
      if (!isTaken) return path + extension;
    }
    throw new CannotFix(`every name for a module of the client is taken in ${dir === "" ? "." : dir}: make one by hand`);
  }
}

/** The files of the package that make the same client in what this plan mends. */
export function filesAlike(tree: Tree, open: Creation, maker: Maker, { findings, trees, host }: PlanContext): string[] {
  const given = argumentsOf(open, tree.source);
  const home = packageDir(tree.file, host);
  const found = new Set([tree.file]);
  for (const { detail, fix, file } of findings) {
    if (fix === "manual") continue;
    const sites = detail.kind === "session-per-call" && detail.factory === null && detail.provider === undefined ? [{ file, open: detail.open }] : detail.kind === "duplicate-session" ? detail.sessions : [];
    for (const site of sites) {
      if (found.has(site.file) || isBystander(site.file) || !host.exists(site.file) || packageDir(site.file, host) !== home) continue;
      const other = trees.get(site.file);
      const made = other && nodeOf(other.source, site.open, isCreation);
      const by = other && made && makerOf(other.source, made);
      if (other !== undefined && made !== undefined && by?.package === maker.package && by.name === maker.name && argumentsOf(made, other.source) === given) found.add(site.file);
    }
  }
  return [...found].sort();
}
