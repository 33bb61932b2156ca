import { existsSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { HarnessError } from "../errors.js";
import { loadTypeScript } from "../load-typescript.js";
import { checkScenario } from "./check-scenario.js";
import type { Scenario } from "./scenario.js";

/** In this order, in the current folder. */
export const SCENARIO_NAMES = ["load.scenario.ts", "load.scenario.mts", "load.scenario.mjs", "load.scenario.js"] as const;

/**
 * Loads a scenario file. TypeScript is loaded on every supported Node, and `sessionfix/verify` is this package even where
 * it is not installed.
 *
 * @param named default: the first of `SCENARIO_NAMES` in the current folder
 * @throws HarnessError `VERIFY_NO_SCENARIO`, `VERIFY_SCENARIO_UNREADABLE` or `VERIFY_SCENARIO_INVALID`.
 */
export async function loadScenario(named?: string): Promise<Scenario<unknown>> {
  const file = named ?? SCENARIO_NAMES.find((name) => existsSync(name));
  if (file === undefined) throw new HarnessError("VERIFY_NO_SCENARIO", `There is no ${SCENARIO_NAMES[0]} in this folder`, "`sessionfix verify --init` writes one; `--scenario FILE` names another.");
  if (!existsSync(file)) throw new HarnessError("VERIFY_NO_SCENARIO", `There is no scenario file ${file}`, "`sessionfix verify --init` writes a first one.");
  loadTypeScript();
  let loaded: { default?: unknown };
  try {
    loaded = (await import(pathToFileURL(path.resolve(file)).href)) as { default?: unknown };
  } catch (error) {
    throw new HarnessError("VERIFY_SCENARIO_UNREADABLE", `${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, "Its imports are found from its own folder.");
  }
  return checkScenario(loaded.default, file);
}
