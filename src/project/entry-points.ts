import { generatedMentions, libraryNames } from "../core/catalogue/index.js";
import { discoverFiles } from "./discover.js";
import { JsonFiles } from "./json-file.js";
import { Project } from "./project.js";
import { createResolver } from "./resolve.js";
import { readSources } from "./sources.js";
import { namesLibrary } from "./specifiers.js";

export interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As the framework writes it: `/artifacts/:id`. */
  path: string;
}

export interface EntryPoints {
  /** HTTP routes in code that can reach a database, in the order of their files. */
  routes: Route[];
  /** Environment variables that the code reads and that are called after a database. */
  databaseVariables: string[];
}

const ROUTE = /^(GET|POST|PUT|PATCH|DELETE) (\/\S*)$/;
const VARIABLE = /\benv(?:\.|\[["'])([A-Z\d_]*(?:DB|DATABASE|SQLITE)[A-Z\d_]*)\b/g;

/** Where requests enter a project, as the rules see it. */
export async function listEntryPoints(root: string): Promise<EntryPoints> {
  const isSeed = namesLibrary(libraryNames(), generatedMentions());
  const found = await discoverFiles(root, [root]);
  const { entries } = readSources({ root, files: found.files, isSeed, cache: undefined });
  const resolver = createResolver(root, entries.keys(), found.manifests, new JsonFiles());
  const project = new Project({ root, resolver, entries, namesLibrary: isSeed, detect: {}, place: (file) => file });
  const linked = project.linked();
  const routes = linked.contexts.entries().flatMap(({ label }): Route[] => {
    const [, method, path] = ROUTE.exec(label) ?? [];
    return method === undefined || path === undefined ? [] : [{ method: method as Route["method"], path }];
  });
  // Settings are often read in a file that knows no database.
  const texts = [...entries.keys()].map((file) => project.text(file) ?? "");
  return {
    routes: [...new Map(routes.map((route) => [`${route.method} ${route.path}`, route])).values()],
    databaseVariables: [...new Set(texts.flatMap((text) => [...text.matchAll(VARIABLE)].map(([, name = ""]) => name)))],
  };
}
