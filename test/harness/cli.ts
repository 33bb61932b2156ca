/** `node scripts/harness.mjs`: see USAGE. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compare } from "./compare.js";
import { renderVerdict } from "./render-verdict.js";
import { runBoth } from "./run-scenario.js";
import { marketplace } from "./scenarios/marketplace.js";
import { killAllServers } from "../../src/harness/server-process.js";

const USAGE = `Runs one load on a program before and after, and judges the difference.

  node scripts/harness.mjs --before <folder> --after <folder> [options]

  --quick            shorter: two rounds of imports instead of five, the lock held 12 s instead of 32 s (about 40 s in all)
  --json <file>      write reports and verdict as JSON
  --details          also print actors and processes
  --processes <n>    server processes on the one database under load (default 2)
  --seed <n>         seed of the load (default 1)

Exit code: 0 when all criteria hold, 1 when one does not, 2 on wrong use or an error.
Example: node scripts/harness.mjs --before test/fixtures/marketplace/before --after test/fixtures/marketplace/after --quick
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      before: { type: "string" },
      after: { type: "string" },
      json: { type: "string" },
      seed: { type: "string", default: "1" },
      processes: { type: "string", default: "2" },
      quick: { type: "boolean", default: false },
      details: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (values.before === undefined || values.after === undefined) throw new Error("--before and --after are needed; --help shows how");
  const startedAt = performance.now();
  const progress = (message: string): void => {
    process.stderr.write(`[${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s] ${message}\n`);
  };
  const { before, after } = await runBoth(
    marketplace,
    { before: values.before, after: values.after },
    { quick: values.quick, seed: integer("--seed", values.seed, 0), processes: integer("--processes", values.processes, 1), progress },
  );
  const verdict = compare(before, after);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ version: 1, verdict, before, after }, null, 2)}\n`);
  process.stdout.write(`${renderVerdict(verdict, values.details ? { reports: { before, after } } : {})}\n`);
  progress("done");
  return verdict.pass ? 0 : 1;
}

function integer(name: string, value: string, least: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < least) throw new Error(`${name} must be a whole number from ${least}, got ${value}`);
  return number;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    killAllServers();
    process.exit(130);
  });
}
try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`harness: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
