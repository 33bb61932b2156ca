import { execFileSync } from "node:child_process";
import type { Browser } from "playwright-core";

/** Debian's and others' name for it; `SESSIONFIX_CHROMIUM` names another one. */
function findChromium(): string | undefined {
  if (process.env["SESSIONFIX_CHROMIUM"] !== undefined) return process.env["SESSIONFIX_CHROMIUM"];
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    } catch {
      // Not under this name.
    }
  }
  return undefined;
}

const executablePath = findChromium();
/** `npm ci` brings it; a checkout that was installed before it was needed has none. */
const playwright = await import("playwright-core").catch(() => undefined);
/** Why pages cannot be looked at here; `undefined` where they can. */
export const missing = executablePath === undefined ? "there is no chromium on PATH; SESSIONFIX_CHROMIUM names one" : playwright === undefined ? "playwright-core is not installed; `npm ci` brings it" : undefined;

export async function launch(): Promise<Browser> {
  if (playwright === undefined) throw new Error(missing);
  // In containers there is no user namespace for its sandbox; the page is ours.
  return playwright.chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args: ["--no-sandbox"] });
}
