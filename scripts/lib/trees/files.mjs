import { readdirSync } from "node:fs";
import path from "node:path";

const SOURCE = /\.[cm]?[jt]sx?$/;

/**
 * All JavaScript and TypeScript files below a folder, sorted, declarations and minified code included. Dependencies
 * are left out unless the folder itself lies among them.
 */
export function sourceFiles(folder) {
  const inside = folder.split(path.sep).includes("node_modules");
  const found = [];
  const visit = (at) => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const absolute = path.join(at, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== ".git" && entry.name !== ".cache" && (inside || entry.name !== "node_modules")) visit(absolute);
      } else if (entry.isFile() && SOURCE.test(entry.name)) found.push(absolute);
    }
  };
  visit(folder);
  return found.sort();
}

/** At most `count` of them, spread evenly: the same ones each time. */
export function sample(files, count) {
  if (files.length <= count) return files;
  return Array.from({ length: count }, (_, index) => files[Math.floor((index * files.length) / count)]);
}
