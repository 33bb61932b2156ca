import type { Advice, Diagnosis, Level } from "../inspect/diagnose.js";
import type { ProcessLook } from "../inspect/one-process.js";
import type { QuickCheck } from "../inspect/quick-check.js";
import { shortCommand } from "../inspect/short-command.js";
import type { WatchedProcess } from "../inspect/watch.js";
import { printable, wrap } from "./terminal.js";
import type { Painter } from "./terminal.js";

export interface DoctorView {
  readonly diagnosis: Diagnosis;
  readonly quickCheck?: QuickCheck;
  readonly process?: ProcessLook;
  readonly color: Painter;
  /** Columns. */
  readonly width: number;
}

const MIB = 1024 * 1024;

/** What the doctor found, for people. */
export function renderDoctor({ diagnosis, quickCheck, process, color, width }: DoctorView): string {
  const { files, watch, advice } = diagnosis;
  const row = (name: string, value: string): string => wrapRow(color.dim(name.padEnd(LABEL)), value, width);
  const lines = [color.bold(printable(files.path)), "", ...describeFiles(diagnosis).map(([name, value]) => row(name, value))];
  lines.push("", color.bold(watch.unknown === undefined ? `Locks, watched for ${seconds(watch.ms)}` : "Locks"));
  if (watch.unknown !== undefined) lines.push(row("unknown", watch.unknown));
  else if (watch.processes.length === 0) lines.push(row("nobody", "no process has taken a lock"));
  for (const process of watch.processes) lines.push(...describeProcess(process, diagnosis, row));
  if (watch.unknown === undefined) lines.push(row("commits", `${watch.commits}${watch.ms > 0 ? ` (${((watch.commits * 1_000) / watch.ms).toFixed(1)} a second)` : ""}`));
  for (const process of idle(diagnosis)) lines.push(row(`pid ${process.pid}`, `${connections(process.connections)}, no lock · ${printable(shortCommand(process.command))}`));
  if (quickCheck !== undefined) lines.push("", color.bold("Quick check"), ...quickCheck.lines.map((line) => row(quickCheck.by, printable(line))));
  if (process !== undefined) lines.push("", color.bold(`Process ${process.pid}`), ...describeLook(process).map(([name, value]) => row(name, value)));
  lines.push("");
  for (const one of advice) lines.push(...describeAdvice(one, color, width), "");
  lines.push(summary(advice, color));
  return `${lines.join("\n")}\n`;
}

const LABEL = 16;

function wrapRow(label: string, value: string, width: number): string {
  const [first = "", ...rest] = wrap(value, Math.max(24, width - LABEL - 2));
  return [`  ${label}${first}`, ...rest.map((line) => `  ${" ".repeat(LABEL)}${line}`)].join("\n");
}

function describeFiles({ files, fileSystem }: Diagnosis): [string, string][] {
  const { header, wal, index, journal, size } = files;
  const rows: [string, string][] = [];
  rows.push(["size", `${bytes(size)}${header === undefined ? ", empty" : `, ${header.pages.toLocaleString("en-US")} pages of ${header.pageSize.toLocaleString("en-US")} bytes, ${header.freePages.toLocaleString("en-US")} free`}`]);
  if (header !== undefined) {
    rows.push(["journal_mode", header.journal === "wal" ? "wal" : "rollback journal (delete, truncate or persist: the file does not say)"]);
    rows.push(["stored", `auto_vacuum=${header.autoVacuum}, encoding=${header.encoding}, user_version=${header.userVersion}, application_id=${header.applicationId}`]);
    rows.push(["not stored", "busy_timeout, synchronous, foreign_keys and cache_size belong to each connection: see rule require-engine-config"]);
    rows.push(["written by", `SQLite ${header.writtenBy}`]);
  }
  if (wal !== undefined) {
    const state = index === undefined ? `room for ${wal.frames.toLocaleString("en-US")} frames` : `${index.frames.toLocaleString("en-US")} frames, ${index.checkpointed.toLocaleString("en-US")} of them in the database`;
    rows.push(["log (-wal)", `${bytes(wal.size)}, ${state}${wal.checkpointSequence === undefined ? "" : `, begun anew ${wal.checkpointSequence.toLocaleString("en-US")} times`}`]);
  }
  if (journal !== undefined) rows.push(["-journal", `${bytes(journal.size)}${journal.hot ? ", of a transaction" : ", not in use"}`]);
  rows.push(["file system", `${fileSystem.kind}${fileSystem.mountPoint === "" ? "" : ` at ${fileSystem.mountPoint}`}`]);
  return rows;
}

function describeProcess(process: WatchedProcess, { watch, connections: look }: Diagnosis, row: (name: string, value: string) => string): string[] {
  const { roles, writes, waits, reads } = process;
  const says: string[] = [];
  if (writes.count > 0) says.push(`held the write lock ${percent(writes.share)} of the time, longest ${seconds(writes.longestMs)}${writes.nowMs === undefined ? "" : `, now for ${seconds(writes.nowMs)}`}`);
  if (waits.count > 0) says.push(`waited ${percent(waits.share)}, longest ${seconds(waits.longestMs)}`);
  if (reads.count > 0) says.push(`read ${percent(reads.share)}${watch.oldestReader?.pid === process.pid ? `, ${watch.oldestReader.framesBehind.toLocaleString("en-US")} frames behind` : ""}`);
  if (says.length === 0) says.push(roles.length === 0 ? "has left" : "open, idle");
  const opened = look?.processes.find(({ pid }) => pid === process.pid)?.connections;
  const container = process.pidInContainer === undefined ? "" : ` · pid ${process.pidInContainer} in its container`;
  const value = `${says.join("; ")}${opened === undefined ? "" : ` · ${connections(opened)}`} · ${printable(shortCommand(process.command))} (${process.state})${container}`;
  return [row(process.pid === 0 ? "elsewhere" : `pid ${process.pid}`, value)];
}

function describeLook({ command, state, connections: opened, librariesOnFile, libraries }: ProcessLook): [string, string][] {
  const loaded = libraries.length === 0 ? "none that shows by its name (node:sqlite and statically linked programs do not)" : libraries.map(printable).join(", ");
  return [["command", `${printable(command)} (${state})`], ["this file", `${connections(opened)}, ${librariesOnFile} SQLite ${librariesOnFile === 1 ? "library" : "libraries"}`], ["SQLite code", loaded]];
}

/** Those that have the file open without any lock: in rollback-journal mode, whoever is idle. */
function idle({ watch, connections: look }: Diagnosis): NonNullable<Diagnosis["connections"]>["processes"] {
  return (look?.processes ?? []).filter(({ pid }) => !watch.processes.some((process) => process.pid === pid));
}

function describeAdvice({ code, level, what, remedy }: Advice, color: Painter, width: number): string[] {
  const [mark, paint] = MARKS(color)[level];
  const [first = "", ...rest] = wrap(printable(what), width - 4);
  return [
    `${paint(mark)} ${first}`,
    ...rest.map((line) => `  ${line}`),
    ...wrap(printable(remedy), width - 6).map((line, index) => `  ${index === 0 ? color.cyan("→") : " "} ${line}`),
    `    ${color.dim(code)}`,
  ];
}

const MARKS = (color: Painter): Record<Level, [string, (text: string) => string]> => ({ critical: ["✖", color.red], warning: ["▲", color.yellow], info: ["●", color.dim] });

function summary(advice: readonly Advice[], color: Painter): string {
  const of = (level: Level): number => advice.filter((one) => one.level === level).length;
  const [critical, warnings] = [of("critical"), of("warning")];
  if (critical + warnings === 0) return `${color.green("✔")} Nothing that needs anybody now.`;
  const said = [critical > 0 ? color.red(`${critical} critical`) : "", warnings > 0 ? color.yellow(`${warnings} ${warnings === 1 ? "warning" : "warnings"}`) : ""].filter((text) => text !== "");
  return `${said.join(", ")}. ${color.dim("Next: do what the arrows say, from the top; `sessionfix top` shows the locks live.")}`;
}

function bytes(number: number): string {
  if (number >= 10 * MIB) return `${Math.round(number / MIB).toLocaleString("en-US")} MiB`;
  if (number >= 1024) return `${(number / 1024).toLocaleString("en-US", { maximumFractionDigits: 1 })} KiB`;
  return `${number} bytes`;
}

export function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function percent(share: number): string {
  return share > 0 && share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`;
}

function connections(number: number): string {
  return `${number} ${number === 1 ? "connection" : "connections"}`;
}
