import type { VerifyReport } from "../../core/verify-report.js";
import { escape, ms, section, table } from "./html.js";

/** What each server process did and for how long its event loop stood still, and the machine that all ran on. */
export function processSection(report: VerifyReport): string {
  const programs = [...(report.before ? [["before", report.before] as const] : []), ["after", report.after] as const];
  const rows = programs.flatMap(([when, program]) =>
    program.runs.flatMap((run, repetition) =>
      run.processes.map((process, index) => [
        escape(`${when}, repetition ${repetition + 1}, process ${index + 1}`), ms(process.loop.p50Ms), ms(process.loop.p99Ms), ms(process.loop.maxMs),
        ...(process.watched ? [process.sessionsOpened, process.holds.length, process.lockTimeouts].map(String) : ["?", "?", "?"]),
      ]),
    ),
  );
  const columns = ["loop delay p50", "p99", "longest stop", "sessions opened", "locks", "gave up waiting"].map((title) => ({ title, number: true }));
  return section("processes", "Processes and their event loops", rows.length === 0 ? "<p>No process could be watched.</p>" : table("Event-loop delay and sessions by process", [{ title: "Process" }, ...columns], rows));
}

export function machineSection({ machine, settings, startedAt, tool, before, after }: VerifyReport): string {
  const facts: [string, string][] = [
    ...(before ? [["Before", before.source] as [string, string]] : []),
    ["After", after.source],
    ["Load", `${settings.warmUpSeconds} s of warm-up and ${settings.seconds} s that count, ${settings.repetitions} × each; seed ${settings.seed}; server processes: ${settings.processes}`],
    ["Actors", settings.actors.map(({ name, pace }) => `${name} (${pace})`).join(", ")],
    ["Processor", `${machine.cpu}, ${machine.cores} cores`],
    ["Memory", `${Math.round(machine.memoryMb / 1024)} GB`],
    ["System", `${machine.platform}, ${machine.arch}, Node ${machine.node}`],
    ["Load average before", `${machine.loadAverage}${machine.loadAverage > machine.cores ? ": somebody else was at work on this machine" : ""}`],
    ["When", startedAt],
    ["Tool", `${tool.name} ${tool.version}`],
  ];
  return section("machine", "What ran where", `<dl>${facts.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join("\n")}</dl>`);
}
