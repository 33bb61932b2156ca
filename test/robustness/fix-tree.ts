import { existsSync, readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { codemods } from "../../codemods/index.js";
import { editsByFile, selectGroups } from "../../src/core/edit.js";
import type { Codemods, EditGroup } from "../../src/core/edit.js";
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

/**
 * Makes every fix of a tree in memory, those for review as well, round after round as `fix` does, and checks each round by
 * means of its own: nothing here asks the fix command whether it was right. No compiler and no git is asked, and nothing
 * is written.
 */
export async function fixTree(folder: string, mods: Codemods = codemods): Promise<TreeFixes> {
  const root = realpathSync(folder);
  const scan = await scanProject({ root, strict: true, cache: false });
  const disk = new Disk(root);
  const result: TreeFixes = { problems: [], findings: scan.findings.length, made: {}, manual: 0, rounds: 0, files: 0 };
  const originals = new Map<string, Buffer | undefined>();
  let overlay = new Map<string, string>();
  let findings = scan.findings;
  for (;;) {
    const host = overlayHost(disk, overlay);
    const plan = mods.plan(findings, host, {});
    result.manual = plan.manual.length;
    result.problems.push(...plan.manual.filter(({ reason }) => reason.startsWith(DEFECT)).map(({ transform, finding, reason }) => `${transform} ${finding.file}:${finding.span.line}: ${reason}`));
    const allowed = plan.groups.filter((group) => mayTouch(root, group, overlay, disk));
    const again = JSON.stringify(mods.plan(findings, host, {}).groups) !== JSON.stringify(plan.groups);
    if (again) result.problems.push("the same findings give another plan the second time");
    const { accepted } = selectGroups(allowed);
    if (accepted.length === 0) break;
    if (++result.rounds > MAX_ROUNDS) {
      result.problems.push(...accepted.map((group) => `${nameOf(group)}: is planned again and again`));
      break;
    }
    const before = (file: string): string => host.read(file) ?? "";
    const check = (groups: readonly EditGroup[]): Map<string, string> => {
      const made = mods.assemble(groups, host);
      const edits = editsByFile(groups);
      const drops = groups.flatMap((group) => group.drops ?? []);
      for (const [file, after] of made) {
        const created = groups.some(({ creates }) => creates.some((each) => each.file === file));
        const problems = brokenContract({ file, before: created ? after : before(file), after, edits: created ? [] : (edits.get(file) ?? []), drops });
        result.problems.push(...problems.map((each) => `${groups.length === 1 ? `${nameOf(groups[0])} alone: ` : `round ${result.rounds}: `}${each}`));
      }
      return made;
    };
    // Any part of a plan may be what the gates leave: each fix must also be right without the others it does not name.
    if (accepted.length > 1) for (const group of accepted) if (group.requires === undefined) check([group]);
    const made = check(accepted);
    for (const file of made.keys()) if (!originals.has(file)) originals.set(file, disk.bytes(file));
    const next = new Map([...overlay, ...made]);
    try {
      const after = scan.redetect(next);
      result.problems.push(...notSilent(accepted, findings, after));
      findings = after;
    } catch (error) {
      if (!(error instanceof BrokenOverlayError)) throw error;
      result.problems.push(error.message);
      break;
    }
    for (const { transform } of accepted) result.made[transform] = (result.made[transform] ?? 0) + 1;
    overlay = next;
  }
  result.files = overlay.size;
  for (const [file, bytes] of originals) if (!sameBytes(path.join(root, file), bytes)) result.problems.push(`${file}: was written to`);
  return result;
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
    const sameKey = groups.filter(({ finding }) => keyOf(finding) === key);
    const [was, is] = [of(before, key), of(after, key)];
    // Of equal places the next takes the name of the one that went.
    const kind = (findings: readonly Finding[]): number => findings.filter(({ rule, file }) => rule === group.finding.rule && file === group.finding.file).length;
    const mended = groups.filter(({ finding }) => finding.rule === group.finding.rule && finding.file === group.finding.file).length;
    const isLess = group.partial === true ? places(is) < places(was) : is.length <= was.length - sameKey.length || kind(before) - kind(after) >= mended;
    if (!isLess) problems.push(`${nameOf(group)}: is reported still after the fix`);
  }
  const asked = new Set(groups.flatMap(({ asksFor = [] }) => asksFor));
  const counts = new Map<string, number>();
  for (const { rule, file } of before) counts.set(`${rule} ${file}`, (counts.get(`${rule} ${file}`) ?? 0) + 1);
  for (const { rule, file, span } of after) {
    const left = (counts.get(`${rule} ${file}`) ?? 0) - 1;
    counts.set(`${rule} ${file}`, left);
    if (left === -1 && !asked.has(rule)) problems.push(`${rule} ${file}:${span.line}: is reported since`);
  }
  return problems;
}

function keyOf({ rule, file, fingerprint }: { rule: string; file: string; fingerprint: string }): string {
  return `${rule}|${file}|${fingerprint}`;
}
