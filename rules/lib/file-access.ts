import { express } from "../../src/core/catalogue/frameworks/express.js";
import type { CallFact } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { type FileKey, fileKeysOf } from "../../src/core/link/keys.js";

/** What is done to a file past its database library. */
export type Access = "reads" | "overwrites" | "removes";

/** A call of the file system on a file whose name can be told. */
export interface FileAccess extends CallPlace {
  name: string;
  access: Access;
  /** Of the database that the file belongs to, when it is its `-wal` or `-shm`. */
  keys: readonly FileKey[];
}

const MODULES = /^(?:(?:node:)?fs(?:\/promises)?|fs-extra|graceful-fs)$/;

/** By method, what is done to which argument: https://nodejs.org/api/fs.html. What opens no descriptor on the file (`stat`, `access`) is left out. */
const METHODS: Readonly<Record<string, readonly (Access | undefined)[]>> = {
  readFile: ["reads"],
  createReadStream: ["reads"],
  open: ["reads"],
  openAsBlob: ["reads"],
  copyFile: ["reads", "overwrites"],
  cp: ["reads", "overwrites"],
  copy: ["reads", "overwrites"],
  writeFile: ["overwrites"],
  outputFile: ["overwrites"],
  appendFile: ["overwrites"],
  createWriteStream: ["overwrites"],
  truncate: ["overwrites"],
  rename: ["removes", "overwrites"],
  move: ["removes", "overwrites"],
  unlink: ["removes"],
  rm: ["removes"],
  remove: ["removes"],
};

/** Express opens the file that it sends, and closes it: https://expressjs.com/en/5x/api.html#res.download */
const SENDS = /^response(?:\.\w+\(\))*\.(download|sendFile|sendfile)$/;

const found = new WeakMap<ProjectFacts, FileAccess[]>();

export function fileAccesses(project: ProjectFacts): readonly FileAccess[] {
  let accesses = found.get(project);
  if (!accesses) {
    accesses = [...project.graph.external.keys()].flatMap((call) => accessesOf(project, project.program.fileOf(call), call));
    found.set(project, accesses);
  }
  return accesses;
}

/** A call that has written, moved or removed a file when it returns. */
export function changesFile(project: ProjectFacts, call: CallFact): boolean {
  const method = methodOf(project, call);
  return method !== undefined && method.name.endsWith("Sync") && method.accesses.some((access) => access === "overwrites" || access === "removes");
}

function accessesOf(project: ProjectFacts, file: string, call: CallFact): FileAccess[] {
  const method = methodOf(project, call);
  if (method === undefined) return [];
  const { name, accesses } = method;
  return accesses.flatMap((access, index): FileAccess[] => {
    const path = call.args[index];
    const keys = path && access ? fileKeysOf(project.graph, file, path).map((key) => ({ ...key, id: key.id.replace(/-(?:wal|shm|journal)$/, "") })) : [];
    return access && keys.length > 0 ? [{ file, call, name, access, keys }] : [];
  });
}

function methodOf(project: ProjectFacts, call: CallFact): { name: string; accesses: readonly (Access | undefined)[] } | undefined {
  for (const id of project.graph.external.get(call) ?? []) {
    const token = project.graph.values.tokens.get(id);
    if (token.t !== "external" || token.module === null) continue;
    if (express.specifiers.includes(token.module)) {
      const [, name] = SENDS.exec(token.path) ?? [];
      // With a `root` the path is that folder's.
      if (name !== undefined && !call.args.some((arg) => arg.k === "object" && arg.props.some((prop) => prop.name === "root" || prop.name === "..."))) return { name, accesses: ["reads"] };
    }
    if (!MODULES.test(token.module)) continue;
    const [, name] = /^(?:default\.)?(?:promises\.)?(\w+)$/.exec(token.path) ?? [];
    return name === undefined ? undefined : { name, accesses: METHODS[name.replace(/Sync$/, "")] ?? [] };
  }
  return undefined;
}
