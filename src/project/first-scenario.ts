import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { EntryPoints, Route } from "./entry-points.js";
import { isObject } from "./json-file.js";

/** Routes of each kind that a first scenario calls: enough to begin with, few enough to read. */
const READS = 4;
const WRITES = 4;
const HEALTH = /^\/(?:api\/)?(?:health|healthz|healthcheck|ready|readyz|live|livez|ping|status)$/;

interface Start {
  command: string;
  args: string[];
  build: boolean;
  /** Nothing in the manifest says how. */
  isGuess: boolean;
}

/** The text of a first scenario for a project: what its manifest and its routes say, and `TODO` where they say nothing. */
export function firstScenario(root: string, { routes, databaseVariables }: EntryPoints): string {
  const manifest = readManifest(path.join(root, "package.json"));
  const start = startOf(manifest);
  const health = routes.find(({ method, path: at }) => method === "GET" && HEALTH.test(at));
  const reads = routes.filter((route) => route.method === "GET" && route !== health).slice(0, READS);
  const writes = routes.filter(({ method }) => method !== "GET").slice(0, WRITES);
  const actors = [...reads.map(readActor), ...writes.map(writeActor)];
  const name = typeof manifest["name"] === "string" ? manifest["name"] : path.basename(root);
  return `import { defineScenario } from "sessionfix/verify";

// npx sessionfix verify --quick            to see that it works
// npx sessionfix verify --before main      what the work tree changed since main
export default defineScenario({
  name: ${text(name)},
  server: {
${start.isGuess ? "    // TODO: how the server is started; package.json has no start script.\n" : ""}    command: ${text(start.command)},
    args: [${start.args.map(text).join(", ")}],
${databaseVariables.length === 0 ? "    // TODO: by which variable the server is told its database file. {database} becomes the path of a fresh one.\n" : ""}    env: { ${databaseVariables[0] ?? "DATABASE_PATH"}: "{database}", PORT: "{port}" },
${health === undefined ? "" : `    ready: ${text(health.path)},\n`}${start.build ? '    build: ["npm", "run", "build"],\n' : ""}  },
  // Makes what the actors need. What it returns is their \`state\`.
  async setUp() {
    // TODO: await expectOk({ method: "POST", path: "/…", body: { … } }) with the \`expectOk\` that setUp is given
    return {};
  },
  // The routes that reach a database, with the prefixes that their routers are mounted under.
  actors: [
${(actors.length === 0 ? ['    // TODO: no routes were found.\n    { name: "read", rate: 10, request: { method: "GET", path: "/" } },'] : actors).join("\n")}
  ],
  // What must hold whatever happens at once: each query selects the rows that break it.
  invariants: [
    // { name: "an order counts its lines", sql: "SELECT id FROM orders o WHERE line_count <> (SELECT count(*) FROM lines WHERE order_id = o.id)" },
  ],
  seconds: 10,
  repetitions: 3,
});
`;
}

function readActor(route: Route): string {
  return `    ${todo(route)}{ name: ${nameOf(route)}, rate: 10, request: { method: "GET", path: ${text(filled(route.path))} } },`;
}

function writeActor(route: Route): string {
  const body = route.method === "DELETE" ? "" : ", body: {}";
  return `    ${route.method === "DELETE" ? todo(route) : `// TODO: a body that ${route.method} ${route.path} takes\n    `}{ name: ${nameOf(route)}, concurrency: 1, thinkMs: 100, request: { method: ${text(route.method)}, path: ${text(filled(route.path))}${body} } },`;
}

function todo(route: Route): string {
  return filled(route.path) === route.path ? "" : `// TODO: an id that is there, for ${route.path}\n    `;
}

/** `/artifacts/:id` as a path that can be asked for. */
function filled(route: string): string {
  return route.replace(/[:*][\w?*]*|\{[^}]*\}|\[[^\]]*\]/g, "1");
}

function nameOf({ method, path: at }: Route): string {
  return text(`${method} ${at}`.replace(/[^\x20-\x7e]/g, "?"));
}

function startOf(manifest: Record<string, unknown>): Start {
  const scripts = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  const script = scripts["start"];
  const hasBuild = typeof scripts["build"] === "string";
  if (typeof script === "string") {
    // Without the package manager between, where nothing needs a shell: it starts faster and ends at once.
    const [command = "", ...args] = script.trim().split(/\s+/);
    const isPlain = command === "node" && !/[&|;<>$"'`\\*]/.test(script);
    return { ...(isPlain ? { command, args } : { command: "npm", args: ["start"] }), build: hasBuild && /\b(?:dist|build|lib|out)\b/.test(script), isGuess: false };
  }
  const main = manifest["main"];
  return typeof main === "string" ? { command: "node", args: [main], build: hasBuild, isGuess: false } : { command: "node", args: ["server.js"], build: false, isGuess: true };
}

function readManifest(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isObject(value) ? value : {};
  } catch {
    // A manifest that is no JSON is npm's to complain of.
    return {};
  }
}

function text(value: string): string {
  return JSON.stringify(value);
}
