import { FACTS_VERSION, type FileFacts } from "../facts/types.js";
import { type Digest, sealed, unseal } from "./envelope.js";

/** What parsing one file gave: its facts, or why there are none. */
export type FactsEntry = { ok: true; facts: FileFacts } | { ok: false; reason: string; /** What was thrown, when the fault is sessionfix's own. */ defect?: string };

/**
 * Under what a file's facts are kept: its name is part of them, and decides the language. `contentHash` is over the
 * file's bytes.
 */
export function factsKey(file: string, contentHash: string, digest: Digest): string {
  return digest(`${file}\0${contentHash}`);
}

export function encodeFacts(key: string, entry: FactsEntry, digest: Digest): string {
  const payload = encodeEntry(entry);
  return sealFacts(key, payload, digest(payload));
}

/** What is kept of an entry, without the key that it is kept under. */
export function encodeEntry(entry: FactsEntry): string {
  return JSON.stringify(entry);
}

/** `encodeFacts` of an entry of which the payload and its digest are there already. */
export function sealFacts(key: string, payload: string, digestOfPayload: string): string {
  return sealed("facts", key, payload, digestOfPayload);
}

/** What `encodeEntry` was given. Its text comes from this very run: nothing in it is doubted. */
export function decodeEntry(payload: string): FactsEntry {
  const value: unknown = JSON.parse(payload);
  if (!isEntry(value)) throw new TypeError("not the text of an entry");
  return value;
}

/** The facts of `file`, or `undefined` when the text is not what `encodeFacts` made for this key and version of facts. */
export function decodeFacts(key: string, file: string, text: string, digest: Digest): FactsEntry | undefined {
  const value = unseal("facts", key, text, digest);
  return isEntry(value) && (!value.ok || (value.facts.version === FACTS_VERSION && value.facts.file === file)) ? value : undefined;
}

function isEntry(value: unknown): value is FactsEntry {
  if (typeof value !== "object" || value === null || !("ok" in value)) return false;
  if (value.ok === true) return "facts" in value && typeof value.facts === "object" && value.facts !== null;
  return "reason" in value && typeof value.reason === "string";
}
