import { performance } from "node:perf_hooks";
import type { ProjectFacts } from "../core/link/index.js";
import { defectNotice } from "./defects.js";
import type { SkippedFile } from "./discover.js";
import { openTree } from "./open-tree.js";
import { unscannedPackages } from "./outside.js";
import type { ScanOptions, ScanStats } from "./scan.js";

export interface LinkedTree {
  root: string;
  facts: ProjectFacts;
  skipped: SkippedFile[];
  stats: ScanStats;
  /** The team's own packages that are imported and were not read with the rest. */
  unscanned: string[];
}

/**
 * The joined facts of a tree, through the same discovery and cache as a scan. No rule runs.
 *
 * @throws UsageError `PATH_NOT_FOUND`.
 */
export async function linkTree(options: Omit<ScanOptions, "rules" | "ruleOptions" | "strict">): Promise<LinkedTree> {
  const startedAt = performance.now();
  const { root, cache, found, sources, json, resolver, project } = await openTree(options);
  const { onProgress } = options;
  const facts = await project().link((done, total) => onProgress?.({ phase: "analysing", done, total }));
  cache?.save(Date.now());
  const left = project()
    .defects.filter(({ code }) => code === "defect-in-linking")
    .map((defect) => ({ file: defect.file, reason: defectNotice(defect).text }));
  const skipped = [...found.skipped, ...sources.skipped, ...project().skipped, ...left].sort((a, b) => (a.file < b.file ? -1 : 1));
  return {
    root,
    facts,
    skipped,
    stats: { files: sources.entries.size - project().skipped.length, parsed: project().parsed, fromCache: project().fromCache, ms: Math.round(performance.now() - startedAt) },
    unscanned: unscannedPackages(root, sources.entries, resolver(), json),
  };
}
