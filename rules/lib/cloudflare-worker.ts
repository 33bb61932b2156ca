import type { ProjectFacts } from "../../src/core/link/index.js";
import type { OpenSite } from "../../src/core/link/sessions.js";

/** Modules that Cloudflare's runtime alone has: https://developers.cloudflare.com/workers/runtime-apis/ */
const RUNTIME_MODULE = /^cloudflare:/;
/** What a binding of Hyperdrive gives, by the name that its documentation uses: https://developers.cloudflare.com/hyperdrive/get-started/ */
const HYPERDRIVE = /\bhyperdrive\w*\s*[!?]?\.\s*(connectionString|host)\b/i;

/**
 * Whether a session is made in a Cloudflare Worker: what does I/O for one request cannot serve another there, so one a request is right.
 * https://developers.cloudflare.com/workers/observability/errors/
 */
export function isInWorker({ program }: ProjectFacts, { file, call }: Pick<OpenSite, "file" | "call">): boolean {
  return program.file(file).specifiers.some((specifier) => RUNTIME_MODULE.test(specifier)) || HYPERDRIVE.test(program.text(file, call.span));
}
