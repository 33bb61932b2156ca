import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { codemods } from "../../codemods/index.js";
import { editsByFile, selectGroups } from "../../src/core/edit.js";
import type { Codemods, EditGroup, PlanHost } from "../../src/core/edit.js";
import type { Finding } from "../../src/core/finding.js";
import { Disk, overlayHost } from "../../src/project/overlay-host.js";
import { whyOutside, whyUntouchable } from "../../src/project/refusals.js";
import { BrokenOverlayError } from "../../src/project/project.js";
import { scanProject } from "../../src/project/scan.js";
import { DEFECT } from "../../codemods/lib/transform.js";
import { brokenContract } from "./fix-contract.js";

export interface TreeFixes {
  /** What breaks the contract, one line each. */
  problems: string[];
  findings: number;
  /** Fixes made, by transform. */
  made: Record<string, number>;
  manual: number;
  rounds: number;
  files: number;
}

/** `fix` gives up sooner; what needs more is told as a problem. */
const MAX_ROUNDS = 8;

/** What is fixed: a tree on the disk, or files in memory. Nothing is ever written to it. */
export interface Fixable {
  findings: readonly Finding[];
  host: (overlay: ReadonlyMap<string, string>) => PlanHost;
  redetect: (overlay: ReadonlyMap<string, string>) => readonly Finding[];
  mayTouch: (group: EditGroup, overlay: ReadonlyMap<string, string>) => boolean;
}

/** All fixes of a tree. No compiler and no git is asked. */
export async function fixTree(folder: string, mods: Codemods = codemods): Promise<TreeFixes> {
  const root = realpathSync(folder);
  const scan = await scanProject({ root, strict: true, tests: true, cache: false });
  const disk = new Disk(root);
  const result = fixAll({ findings: scan.findings, host: (overlay) => overlayHost(disk, overlay), redetect: (overlay) => scan.redetect(overlay), mayTouch: (group, overlay) => mayTouch(root, group, overlay, disk) }, mods);
  for (const file of result.texts.keys()) if (!sameBytes(path.join(root, file), disk.bytes(file))) result.problems.push(`${file}: was written to`);
  return { ...result, problems: [...scan.defects.map((defect) => `${defect.code} ${defect.file} ${defect.rule ?? ""}: ${defect.message}`), ...result.problems], files: result.texts.size };
}

/**
 * Makes every fix in memory, those for review as well, round after round as `fix` does, and checks each round by means of
 * its own: nothing here asks the fix command whether it was right.
 */
export function fixAll(tree: Fixable, mods: Codemods = codemods): Omit<TreeFixes, "files"> & { texts: Map<string, string> } {
  const result = { problems: [] as string[], findings: tree.findings.length, made: {} as Record<string, number>, manual: 0, rounds: 0, texts: new Map<string, string>() };
  let { findings } = tree;
  const out = new Set<string>();
  for (;;) {
    const host = tree.host(result.texts);
    const plan = mods.plan(findings, host, {});
    result.manual = plan.manual.length;
    result.problems.push(...plan.manual.filter(({ reason }) => reason.startsWith(DEFECT)).map(({ transform, finding, reason }) => `${transform} ${finding.file}:${finding.span.line}: ${reason}`));
    if (JSON.stringify(mods.plan(findings, host, {}).groups) !== JSON.stringify(plan.groups)) result.problems.push("the same findings give another plan the second time");
    const { accepted } = selectGroups(plan.groups.filter((group) => !out.has(group.id) && group.requires?.some((id) => out.has(id)) !== true && tree.mayTouch(group, result.texts)));
    if (accepted.length === 0) return result;
    if (++result.rounds > MAX_ROUNDS) {
      result.problems.push(...accepted.map((group) => `${nameOf(group)}: is planned again and again`));
      return result;
    }
    // Any part of a plan may be what the gates leave: each fix must also be right without the others it does not name.
    if (accepted.length > 1) for (const group of accepted) if (group.requires === undefined) result.problems.push(...broken([group], host, mods).map((each) => `${nameOf(group)} alone: ${each}`));
    result.problems.push(...broken(accepted, host, mods).map((each) => `round ${result.rounds}: ${each}`));
    const next = new Map([...result.texts, ...mods.assemble(accepted, host)]);
    try {
      const after = tree.redetect(next);
      const revealing = accepted.filter((group) => reveals(group, accepted, findings, after));
      for (const { id } of revealing) out.add(id);
      if (revealing.length > 0) continue;
      result.problems.push(...notSilent(accepted, findings, after));
      findings = after;
    } catch (error) {
      if (!(error instanceof BrokenOverlayError)) throw error;
      result.problems.push(error.message);
      return result;
    }
    for (const { transform } of accepted) result.made[transform] = (result.made[transform] ?? 0) + 1;
    result.texts = next;
  }
}

function broken(groups: readonly EditGroup[], host: PlanHost, mods: Codemods): string[] {
  const edits = editsByFile(groups);
  const drops = groups.flatMap((group) => group.drops ?? []);
  return [...mods.assemble(groups, host)].flatMap(([file, after]) => {
    const before = host.read(file);
    return brokenContract({ file, before: before ?? after, after, edits: before === undefined ? [] : (edits.get(file) ?? []), drops });
  });
}

function sameBytes(absolute: string, bytes: Buffer | undefined): boolean {
  return bytes === undefined ? !existsSync(absolute) : readFileSync(absolute).equals(bytes);
}

function mayTouch(root: string, { edits, creates }: EditGroup, overlay: ReadonlyMap<string, string>, disk: Disk): boolean {
  return (
    edits.every(({ file }) => overlay.has(file) || whyUntouchable(root, file, disk.text(file)) === undefined) &&
    creates.every(({ file }) => whyOutside(root, file) === undefined && (overlay.has(file) || !disk.exists(file)))
  );
}

function nameOf(group: EditGroup | undefined): string {
  return group === undefined ? "" : `${group.transform} ${group.finding.file}:${group.finding.span.line}`;
}

/** Fixed places that are reported still, and what is reported in whichever file that was not before. */
function notSilent(groups: readonly EditGroup[], before: readonly Finding[], after: readonly Finding[]): string[] {
  const problems: string[] = [];
  const of = (findings: readonly Finding[], key: string): Finding[] => findings.filter((finding) => keyOf(finding) === key);
  const places = (findings: readonly Finding[]): number => findings.reduce((sum, { related }) => sum + 1 + related.length, 0);
  for (const group of groups) {
    if (group.requires !== undefined) continue;
    const key = keyOf(group.finding);
    // What only comes along with another fix of its finding mends nothing by itself.
    const sameKey = groups.filter(({ finding, requires }) => requires === undefined && keyOf(finding) === key);
    const [was, is] = [of(before, key), of(after, key)];
    // Of equal places the next takes the name of the one that went.
    const kind = (findings: readonly Finding[]): number => findings.filter(({ rule, file }) => rule === group.finding.rule && file === group.finding.file).length;
    const mended = groups.filter(({ finding, requires }) => requires === undefined && finding.rule === group.finding.rule && finding.file === group.finding.file).length;
    const isLess = group.partial === true ? places(is) < places(was) : is.length <= was.length - sameKey.length || kind(before) - kind(after) >= mended;
    if (!isLess) problems.push(`${nameOf(group)}: is reported still after the fix`);
  }
  const asked = new Set(groups.flatMap(({ asksFor = [] }) => asksFor));
  for (const { rule, file, span } of fresh(before, after)) if (!asked.has(rule)) problems.push(`${rule} ${file}:${span.line}: is reported since`);
  return problems;
}

/** What a rule reports in a file beyond as many places as it did. */
function fresh(before: readonly Finding[], after: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  for (const { rule, file } of before) counts.set(`${rule} ${file}`, (counts.get(`${rule} ${file}`) ?? 0) + 1);
  return after.filter(({ rule, file }) => {
    const left = (counts.get(`${rule} ${file}`) ?? 0) - 1;
    counts.set(`${rule} ${file}`, left);
    return left < 0;
  });
}

/** The fix is not for here, as it says itself: more is reported by a rule of those that it may bring to speak than the fixes leave. */
function reveals(group: EditGroup, groups: readonly EditGroup[], before: readonly Finding[], after: readonly Finding[]): boolean {
  const count = (of: readonly { rule: string; file: string }[], rule: string, file: string): number => of.filter((each) => each.rule === rule && each.file === file).length;
  const mended = groups.filter(({ requires, partial }) => requires === undefined && partial !== true).map(({ finding }) => finding);
  return (group.reveals ?? []).some((rule) => [...group.edits, ...group.creates].some(({ file }) => count(after, rule, file) > Math.max(0, count(before, rule, file) - count(mended, rule, file))));
}

function keyOf({ rule, file, fingerprint }: { rule: string; file: string; fingerprint: string }): string {
  return `${rule}|${file}|${fingerprint}`;
}
