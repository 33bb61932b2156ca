import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { EXIT } from "./failure.js";
import { painter } from "./terminal.js";

/** Writes a first scenario for the project in this folder, and says what is left to fill in. Nothing is overwritten. */
export async function initScenario(named: string | undefined): Promise<number> {
  const [{ listEntryPoints }, { firstScenario }, { SCENARIO_NAMES }] = await Promise.all([import("../project/entry-points.js"), import("../project/first-scenario.js"), import("../harness/verify/load-scenario.js")]);
  const { green, cyan, bold, dim } = painter(process.stdout);
  const there = [named, ...(named === undefined ? SCENARIO_NAMES : [])].find((name) => name !== undefined && existsSync(name));
  if (there !== undefined) {
    process.stdout.write(`Nothing was written: there is a scenario already, ${cyan(there)}.\n`);
    return EXIT.findings;
  }
  const file = named ?? SCENARIO_NAMES[0];
  const points = await listEntryPoints(process.cwd());
  const scenario = firstScenario(process.cwd(), points);
  // Between the look and the writing another may have written it.
  writeFileSync(path.resolve(file), scenario, { flag: "wx" });
  const left = scenario.split("TODO").length - 1;
  const routes = points.routes.length === 1 ? "1 route" : `${points.routes.length} routes`;
  process.stdout.write(`${green("✔")} Wrote ${cyan(file)}  ${dim(`${routes} found; ${left === 0 ? "nothing is left to fill in" : `${left} × TODO: what only you know`}`)}\nNext: ${bold("npx sessionfix verify --quick")}\n`);
  return EXIT.ok;
}
