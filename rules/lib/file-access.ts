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

const found = new WeakMap<ProjectFacts, FileAccess[]>();

export function fileAccesses(project: ProjectFacts): readonly FileAccess[] {
  let accesses = found.get(project);
  if (!accesses) {
    accesses = [...project.graph.external.keys()].flatMap((call) => accessesOf(project, project.program.fileOf(call), call));
    found.set(project, accesses);
  }
  return accesses;
}

function accessesOf(project: ProjectFacts, file: string, call: CallFact): FileAccess[] {
  const name = methodOf(project, call);
  if (name === undefined) return [];
  return (METHODS[name.replace(/Sync$/, "")] ?? []).flatMap((access, index): FileAccess[] => {
    const path = call.args[index];
    const keys = path && access ? fileKeysOf(project.graph, file, path).map((key) => ({ ...key, id: key.id.replace(/-(?:wal|shm|journal)$/, "") })) : [];
    return access && keys.length > 0 ? [{ file, call, name, access, keys }] : [];
  });
}

function methodOf(project: ProjectFacts, call: CallFact): string | undefined {
  for (const id of project.graph.external.get(call) ?? []) {
    const token = project.graph.values.tokens.get(id);
    if (token.t === "external" && token.module !== null && MODULES.test(token.module)) return /^(?:default\.)?(?:promises\.)?(\w+)$/.exec(token.path)?.[1];
  }
  return undefined;
}
