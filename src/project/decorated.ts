import type { LoadedRule } from "../core/catalogue/framework.js";
import { loadedRules } from "../core/catalogue/index.js";
import { reach, type FileNode } from "./select.js";

/**
 * Files that ask a framework's object for what another has put there (`fastify.decorate("db", db)`), where both are loaded by their
 * place: no import would tell that they have to do with a database.
 */
export function askForDecorated(nodes: ReadonlyMap<string, FileNode>, text: (file: string) => string): Set<string> {
  return new Set(loadedRules().flatMap((rule) => askBy(rule, nodes, text)));
}

function askBy(rule: LoadedRule, nodes: ReadonlyMap<string, FileNode>, text: (file: string) => string): string[] {
  const loaded = [...nodes.keys()].filter((file) => rule.file.test(file));
  const names = new Set<string>();
  for (const file of loaded) {
    const found = [...text(file).matchAll(rule.puts)].flatMap(([, name]) => name ?? []);
    if (found.length === 0 || ![...reach([file], (each) => nodes.get(each)?.imports ?? [])].some((each) => nodes.get(each)?.namesLibrary)) continue;
    for (const name of found) names.add(name);
  }
  if (names.size === 0) return [];
  const asks = new RegExp(String.raw`\b(?:${rule.objects.join("|")})\.(?:${[...names].map((name) => name.replaceAll("$", "\\$")).join("|")})\b`);
  return loaded.filter((file) => asks.test(text(file)));
}
