import type { PlanHost } from "../../src/core/edit.js";
import { packageDir } from "./session-module.js";

/** Frameworks whose development server loads a module anew when a file changes, and keeps the process: what a module kept is made once more. */
const RELOADING = ["next"];

export function isReloaded(file: string, host: PlanHost): boolean {
  return dependsOnOne(file, RELOADING, host);
}

/** Whether the package of a file names one of these among what it depends on. */
export function dependsOnOne(file: string, names: readonly string[], host: PlanHost): boolean {
  const dir = packageDir(file, host);
  const text = host.read(dir === "" ? "package.json" : `${dir}/package.json`);
  if (text === undefined) return false;
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    return false;
  }
  const { dependencies = {}, devDependencies = {} } = manifest as Record<string, Record<string, string> | undefined>;
  return names.some((name) => Object.hasOwn(dependencies, name) || Object.hasOwn(devDependencies, name));
}

/** Whether a file of the project puts something under this name where reloads find it again. */
export function isKeptElsewhere(name: string, file: string, host: PlanHost): boolean {
  const mention = new RegExp(`\\b${name}\\b`);
  return host.list().some((other) => {
    if (other === file || !/\.[cm]?[jt]sx?$/.test(other) || /(^|\/)node_modules\//.test(other)) return false;
    const text = host.read(other);
    return text !== undefined && /\bglobal(This)?\b/.test(text) && mention.test(text);
  });
}
