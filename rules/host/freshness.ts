import path from "node:path";
import { hashOnDisk, type KeptScan } from "./cache-reader.js";

/** How long a look at the disk is trusted at least, in milliseconds: a lint run asks for the same files again and again. */
const TRUSTED = 200;
/** A look at a large project takes a while: it is trusted for so many times as long, and costs a small part of a run. */
const WORTH = 50;

interface Look {
  until: number;
  changed: ReadonlySet<string>;
  configChanged: boolean;
}

const looks = new WeakMap<KeptScan, Look>();

/**
 * The files, of those that a scan has joined, that are no longer what they were; undefined when it is the configuration by which
 * imports were resolved: then all may lead elsewhere.
 */
export function changedSince(scan: KeptScan): ReadonlySet<string> | undefined {
  let look = looks.get(scan);
  if (!look || Date.now() > look.until) looks.set(scan, (look = lookAt(scan)));
  return look.configChanged ? undefined : look.changed;
}

function lookAt(scan: KeptScan): Look {
  const startedAt = performance.now();
  const configChanged = scan.config.some(([file, hash]) => hashOnDisk(file) !== hash);
  const changed = new Set<string>();
  if (!configChanged) for (const { file, hash } of scan.files.values()) if (hashOnDisk(path.join(scan.root, file)) !== hash) changed.add(file);
  return { until: Date.now() + Math.max(TRUSTED, WORTH * (performance.now() - startedAt)), changed, configChanged };
}
