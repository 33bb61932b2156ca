import type { PlanHost } from "../../src/core/edit.js";
import { dependsOnOne } from "./reloads.js";

/** Folders of which a framework makes a route of each file: a module of ours would be one, or break the build. */
const ROUTES: readonly { by: readonly string[]; folder: RegExp }[] = [
  { by: ["next"], folder: /(^|\/)(pages|app)(?=\/|$)/ },
  { by: ["nuxt", "nitropack", "nitro", "h3"], folder: /(^|\/)(server\/(api|routes|middleware|plugins)|pages)(?=\/|$)/ },
  { by: ["@sveltejs/kit", "@remix-run/react", "@remix-run/node", "@react-router/dev", "@tanstack/react-start", "@fastify/autoload"], folder: /(^|\/)routes(?=\/|$)/ },
  { by: ["astro"], folder: /(^|\/)pages(?=\/|$)/ },
];

/** Where projects keep such things, the likelier first. */
const SHELVES = ["lib", "server", "db", "database", "utils", "services", "helpers"];

/** The folder for a module that the files of `dir` share: itself, or where files are no routes. */
export function homeFor(dir: string, near: string, host: PlanHost): string {
  const at = ROUTES.flatMap(({ by, folder }) => {
    const found = folder.exec(dir);
    return found !== null && dependsOnOne(near, by, host) ? [found.index] : [];
  });
  if (at.length === 0) return dir;
  const base = dir.slice(0, Math.min(...at));
  const inside = (shelf: string): string => (base === "" ? shelf : `${base}/${shelf}`);
  return inside(SHELVES.find((shelf) => host.list().some((file) => file.startsWith(`${inside(shelf)}/`))) ?? "lib");
}
