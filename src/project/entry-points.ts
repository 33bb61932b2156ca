import { findOperations } from "../core/matrix/operations.js";
import { openTree } from "./open-tree.js";

export interface Route {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the prefixes that its routers are mounted under: `/api/artifacts/:id`. */
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

/** Where requests enter a project, as the matrix names it. */
export async function listEntryPoints(root: string): Promise<EntryPoints> {
  const { sources, project } = await openTree({ root, cache: false });
  const routes = findOperations(await project().link()).flatMap(({ operation }): Route[] => {
    const [, method, path] = ROUTE.exec(operation) ?? [];
    return method === undefined || path === undefined ? [] : [{ method: method as Route["method"], path }];
  });
  // Settings are often read in a file that knows no database.
  const texts = [...sources.entries.keys()].map((file) => project().text(file) ?? "");
  return {
    routes: [...new Map(routes.map((route) => [`${route.method} ${route.path}`, route])).values()],
    databaseVariables: [...new Set(texts.flatMap((text) => [...text.matchAll(VARIABLE)].map(([, name = ""]) => name)))],
  };
}
