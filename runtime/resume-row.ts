import { createHash } from "node:crypto";
import type { ResumeRow } from "./batch-types.js";
import { ResumeError } from "./errors.js";
import { canonical } from "./resume-canonical.js";

/** A row as it is to be written, now. */
export function makeRow(key: string, fingerprint: string, items: number, state: ResumeRow["state"]): ResumeRow {
  const updatedAt = new Date().toISOString();
  return { key, fingerprint, items, state, updatedAt, checksum: checksumOf({ key, fingerprint, items, state, updatedAt }) };
}

/**
 * What a store read, checked.
 *
 * @throws {ResumeError} when it is not what this package wrote.
 */
export function checkRow(key: string, found: unknown): ResumeRow | undefined {
  if (found === undefined || found === null) return undefined;
  const { fingerprint, items: given, state, checksum, updatedAt } = found as Partial<Record<keyof ResumeRow, unknown>>;
  const items = typeof given === "bigint" ? Number(given) : given;
  if (typeof fingerprint !== "string" || typeof updatedAt !== "string" || typeof checksum !== "string") throw corrupt(key, "a column is missing or has another type");
  if (typeof items !== "number" || !Number.isSafeInteger(items) || items < 0) throw corrupt(key, `it says that ${String(given)} items are done`);
  if (state !== "running" && state !== "done") throw corrupt(key, `its state is ${JSON.stringify(state)}`);
  const row = { key, fingerprint, items, state, updatedAt } as const;
  if (checksum !== checksumOf(row)) throw corrupt(key, "its checksum does not fit");
  return { ...row, checksum };
}

/** Whether what a store read is `row` to the last column: then its checksum need not be computed again. */
export function isRow(found: unknown, row: ResumeRow | undefined): boolean {
  if (row === undefined || typeof found !== "object" || found === null) return false;
  const { fingerprint, items, state, checksum, updatedAt } = found as Partial<Record<keyof ResumeRow, unknown>>;
  return checksum === row.checksum && (items === row.items || items === BigInt(row.items)) && fingerprint === row.fingerprint && state === row.state && updatedAt === row.updatedAt;
}

function checksumOf({ key, fingerprint, items, state, updatedAt }: Omit<ResumeRow, "checksum">): string {
  return createHash("sha256").update(canonical([key, fingerprint, items, state, updatedAt]), "utf16le").digest("hex").slice(0, 32);
}

export function corrupt(key: string, how: string): ResumeError {
  return new ResumeError(
    `The cursor of the resumable run ${JSON.stringify(key)} in the table sessionfix_resume cannot be trusted: ${how}. Nothing was written. Find out from your own tables what is done; then forgetResume(session, ${JSON.stringify(key)}) lets the run begin anew.`,
    key, "corrupt cursor",
  );
}

export function changedInput(key: string, row: ResumeRow, how: string): ResumeError {
  return new ResumeError(
    `The resumable run ${JSON.stringify(key)} has ${row.items} items done (${row.updatedAt}), but of another input: ${how}. Nothing was written. Give the input of the earlier run, or another key for this one; forgetResume(session, ${JSON.stringify(key)}) lets it begin anew.`,
    key, "changed input",
  );
}

export function anotherRun(key: string, known: ResumeRow | undefined, found: ResumeRow | undefined): ResumeError {
  const say = (row: ResumeRow | undefined): string => (row === undefined ? "none" : `${row.items} items, ${row.state}`);
  return new ResumeError(
    `Another run of ${JSON.stringify(key)} has moved its cursor (from ${say(known)} to ${say(found)}) since this one read it. This batch was rolled back; what both have committed is done once. Let one process at a time run it, then start it again: it goes on from there.`,
    key, "another run",
  );
}
