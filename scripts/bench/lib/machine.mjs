import { readFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import Database from "better-sqlite3";

export function describeMachine(contenders) {
  const db = new Database(":memory:");
  const sqlite = db.prepare("SELECT sqlite_version()").pluck().get();
  db.close();
  return {
    loadAverage: loadavg()[0],
    cpu: cpus()[0]?.model.trim() || "unknown processor",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: process.platform,
    node: process.version,
    sqlite,
    versions: Object.fromEntries(["better-sqlite3", ...contenders.map((each) => each.package)].map((name) => [name, versionOf(name)])),
  };
}

/** Packages need not export their package.json. */
function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`../../../node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}

export function printMachine({ loadAverage, cpu, cores, memoryGiB, platform, node, sqlite, versions }) {
  return [
    `${cores} × ${cpu}, ${memoryGiB} GiB, ${platform}; Node ${node}, SQLite ${sqlite}; ${Object.entries(versions).map((pair) => pair.join(" ")).join(", ")}.`,
    `Load average at the beginning: ${loadAverage.toFixed(2)}.`,
    ...(loadAverage > 1 ? ["", "**Warning: the machine is busy with something else (load average above 1). Ratios within a table may pass, absolute figures do not.**"] : []),
    "",
  ].join("\n");
}
