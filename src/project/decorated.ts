import { LOADED_PLUGIN } from "../core/catalogue/frameworks/fastify.js";
import { reach, type FileNode } from "./select.js";

const DECORATES = /\.decorate(?:Request|Reply)?\(\s*["'`]([\w$]+)["'`]/g;

/**
 * Files that ask the server for what a plugin has put there (`fastify.decorate("db", db)`), where both are loaded by their
 * place: no import would tell that they have to do with a database.
 */
export function askForDecorated(nodes: ReadonlyMap<string, FileNode>, text: (file: string) => string): Set<string> {
  const loaded = [...nodes.keys()].filter((file) => LOADED_PLUGIN.test(file));
  const names = new Set<string>();
  for (const file of loaded) {
    const found = [...text(file).matchAll(DECORATES)].flatMap(([, name]) => name ?? []);
    if (found.length === 0 || ![...reach([file], (each) => nodes.get(each)?.imports ?? [])].some((each) => nodes.get(each)?.namesLibrary)) continue;
    for (const name of found) names.add(name);
  }
  if (names.size === 0) return new Set();
  const asks = new RegExp(String.raw`\b(?:fastify|app|server|instance|req|request|reply)\.(?:${[...names].map((name) => name.replaceAll("$", "\\$")).join("|")})\b`);
  return new Set(loaded.filter((file) => asks.test(text(file))));
}
