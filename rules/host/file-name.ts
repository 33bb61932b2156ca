import path from "node:path";

/** The file as the command line names it: what it is for (tests, scripts, routes) shows in its path inside the project. */
export function relativeName(filename: string, cwd: string): string {
  if (!path.isAbsolute(filename)) return filename.replaceAll("\\", "/");
  const relative = path.relative(cwd, filename);
  const inside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  return (inside ? relative : path.basename(filename)).replaceAll("\\", "/");
}
