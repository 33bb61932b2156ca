import type { ProjectFacts } from "../../src/core/link/index.js";
import type { OpenSite } from "../../src/core/link/sessions.js";

/** Modules that Cloudflare's runtime alone has: https://developers.cloudflare.com/workers/runtime-apis/ */
const RUNTIME_MODULE = /^cloudflare:/;
/** What a binding of Hyperdrive gives, by the name that its documentation uses: https://developers.cloudflare.com/hyperdrive/get-started/ */
const HYPERDRIVE = /\bhyperdrive\w*\s*[!?]?\.\s*(connectionString|host)\b/i;
/** Hono's name for a Worker's bindings; on Node.js only what a request came in by is there: https://hono.dev/docs/api/context#env */
const BINDING = /\b(?:c|ctx|context)\.env\.[A-Z_]+\b/;

type Place = Pick<OpenSite, "file" | "call">;

/**
 * Whether a session is made in a Cloudflare Worker: what does I/O for one request cannot serve another there, so one a request is right.
 * https://developers.cloudflare.com/workers/observability/errors/
 */
export function isInWorker(project: ProjectFacts, { file, call }: Place): boolean {
  return project.program.file(file).specifiers.some((specifier) => RUNTIME_MODULE.test(specifier)) || isTold(project, file, project.program.text(file, call.span));
}

/** The same of the place that opens it, where the address has a name of its own: `const url = isLocal ? c.env.DATABASE_URL : c.env.HYPERDRIVE.connectionString`. */
export function opensInWorker(project: ProjectFacts, open: Place): boolean {
  const { id, body } = project.program.fn(open.file, open.call.fn);
  return isInWorker(project, open) || (id !== 0 && isTold(project, open.file, project.program.text(open.file, body)));
}

function isTold({ program }: ProjectFacts, file: string, text: string): boolean {
  return HYPERDRIVE.test(text) || (BINDING.test(text) && program.file(file).specifiers.some((specifier) => specifier === "hono" || specifier.startsWith("hono/")));
}
