/** A path as it stands in code, without what does not change the file: `file:`, a URL's query, `./`, `a/../`. */
export function withoutScheme(text: string): string {
  const local = /^file:(?:\/\/(?:localhost)?(?=\/))?/i.exec(text);
  if (!local) return /^[a-z][a-z0-9+.-]+:\/\//i.test(text) ? text : normal(text);
  return normal(text.slice(local[0].length).replace(/[?#].*$/s, ""));
}

/**
 * Paths one after the other. What is known only by its name (`<env DATA>`) counts as one part of a path, and `<project>` is the
 * folder that all files are named from.
 */
export function joinPaths(paths: readonly string[], resolves: boolean): string {
  let joined = "";
  for (const path of paths) joined = joined === "" || (resolves && (path.startsWith("/") || path.startsWith("<"))) ? path : `${joined}/${path}`;
  return normal(joined);
}

function normal(path: string): string {
  if (path === "" || path === ":memory:") return path;
  const kept: string[] = [];
  for (const part of partsOf(path)) {
    if (part === "" || part === ".") continue;
    const last = kept.at(-1);
    if (part === ".." && last !== undefined && last !== ".." && !last.includes("<")) kept.pop();
    else kept.push(part);
  }
  return (path.startsWith("/") ? "/" : "") + (kept.join("/") || ".");
}

/** Between slashes. What stands between `<` and `>` is the name of a value: slashes in it part nothing. */
function partsOf(path: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const char of path) {
    if (char === "<") depth++;
    else if (char === ">" && depth > 0) depth--;
    if (char === "/" && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}
