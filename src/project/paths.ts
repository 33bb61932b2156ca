import path from "node:path";

/** Relative to `root` with "/" separators: the form in which every file is named inside the project. */
export function toRelative(root: string, absolute: string): string {
  const relative = path.relative(root, absolute);
  return path.sep === "/" ? relative : relative.split(path.sep).join("/");
}

export function isInside(root: string, absolute: string): boolean {
  const relative = path.relative(root, absolute);
  return relative === "" || (!relative.startsWith(`..${path.sep}`) && relative !== ".." && !path.isAbsolute(relative));
}

/**
 * The folder that findings are reported relative to: the working directory when it holds everything that was asked
 * for, so that the reported paths can be clicked and `undo` finds the journal; else what the paths have in common.
 */
export function chooseRoot(cwd: string, folders: string[]): string {
  if (folders.every((folder) => isInside(cwd, folder))) return cwd;
  return folders.reduce((common, folder) => {
    let candidate = common;
    while (!isInside(candidate, folder)) candidate = path.dirname(candidate);
    return candidate;
  });
}
