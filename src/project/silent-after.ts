import type { EditGroup, TextEdit } from "../core/edit.js";
import type { Finding } from "../core/finding.js";

/** What detection says of a state of the files. */
export interface Detected {
  findings: readonly Finding[];
  text: (file: string) => string | undefined;
}

/** Groups whose place is reported still, and groups in whose files something new is reported. */
export function defective(groups: readonly EditGroup[], { findings: before, ...old }: Detected, { findings: after, ...fresh }: Detected): Map<EditGroup, string> {
  const defects = new Map<EditGroup, string>();
  const left = new Set(after.map(keyOf));
  const was = countBy(before);
  const is = countBy(after);
  // First what is shown only now: it may go by the name of what another fix has mended.
  const names = new Set(before.map(keyOf));
  for (const { rule, file } of revealedBy(groups, was, is)) {
    const found = after.filter((finding) => finding.rule === rule && finding.file === file && !names.has(keyOf(finding)));
    const candidates = groups.filter((group) => mayReveal(group, rule, file));
    for (const group of nearest(candidates, file, found, new Moved(groups, file, old.text(file) ?? "", fresh.text(file) ?? "")))
      if (!defects.has(group)) defects.set(group, `${rule} would be reported in ${file} after the fix, which shows what was hidden before: mend that first`);
  }
  if (defects.size > 0) return defects;
  for (const group of groups) {
    const { rule, file, fingerprint } = group.finding;
    // A start-up fix mends nothing by itself; it comes with the one that does.
    const key = `${rule}|${file}|${fingerprint}`;
    if (group.partial === true && placesOf(after, key) < placesOf(before, key)) continue;
    // Of equal places in one function the next takes the name of the one that went: then as many fewer are reported as were mended.
    const mended = groups.filter(({ finding }) => finding.rule === rule && finding.file === file).length;
    const fewer = (was.get(`${rule}|${file}`) ?? 0) - (is.get(`${rule}|${file}`) ?? 0);
    if (group.requires === undefined && left.has(key) && fewer < mended) defects.set(group, "a defect of sessionfix: the place would still be reported after the fix. Please report it");
  }
  if (defects.size > 0) return defects;
  const asked = new Set(groups.flatMap(({ asksFor = [] }) => asksFor));
  const added = new Set([...countBy(after.filter(({ rule }) => !asked.has(rule)))].filter(([key, count]) => count > (was.get(key) ?? 0)).map(([key]) => key.slice(key.indexOf("|") + 1)));
  for (const group of groups) {
    const touched = [...group.edits, ...group.creates].find(({ file }) => added.has(file));
    if (touched !== undefined) defects.set(group, `a defect of sessionfix: something new would be reported in ${touched.file} after the fix. Please report it`);
  }
  return defects;
}

/** The rules that fixes may bring to speak, each with a file that they touch in which it reports more than the fixes leave. */
function revealedBy(groups: readonly EditGroup[], was: ReadonlyMap<string, number>, is: ReadonlyMap<string, number>): { rule: string; file: string }[] {
  const places = new Map<string, { rule: string; file: string }>();
  for (const { reveals = [], edits, creates } of groups) for (const rule of reveals) for (const { file } of [...edits, ...creates]) places.set(`${rule}|${file}`, { rule, file });
  return [...places].flatMap(([key, { rule, file }]) => {
    const mended = groups.filter(({ finding, requires, partial }) => requires === undefined && partial !== true && finding.rule === rule && finding.file === file).length;
    return (is.get(key) ?? 0) > Math.max(0, (was.get(key) ?? 0) - mended) ? [{ rule, file }] : [];
  });
}

function mayReveal({ reveals = [], edits, creates }: EditGroup, rule: string, file: string): boolean {
  return reveals.includes(rule) && [...edits, ...creates].some((each) => each.file === file);
}

/**
 * Of the groups that may have brought findings to speak, those that edit next to one of them or to what it names. Whoever is left is looked at
 * again without these, so that a wrong guess costs a fix, and lets none pass. Without a finding by a new name, all of them.
 */
function nearest(groups: readonly EditGroup[], file: string, found: readonly Finding[], moved: Moved): Set<EditGroup> {
  if (found.length === 0 || groups.length < 2) return new Set(groups);
  const guilty = new Set<EditGroup>();
  for (const { span, related } of found) {
    const places = [span, ...related.filter((place) => place.file === file).map((place) => place.span)];
    const far = groups.map(({ edits }) => Math.min(...edits.filter((edit) => edit.file === file).flatMap(({ start }) => places.map((place) => Math.abs(moved.offset(start) - place.start)))));
    for (const [index, group] of groups.entries()) if (far[index] === Math.min(...far)) guilty.add(group);
  }
  return guilty;
}

/** Where the places of a file are after the groups' edits. */
class Moved {
  readonly #edits: readonly TextEdit[];
  /** What imports added at the top. */
  readonly #above: number;

  constructor(groups: readonly EditGroup[], file: string, before: string, after: string) {
    const all = groups.flatMap(({ edits }) => edits.filter((edit) => edit.file === file));
    this.#edits = [...new Map(all.map((edit) => [`${edit.start} ${edit.end} ${edit.text}`, edit])).values()];
    this.#above = after.length - before.length - this.#grown(Infinity);
  }

  offset(start: number): number {
    return start + this.#grown(start) + this.#above;
  }

  /** By how much the text before an offset has grown. */
  #grown(until: number): number {
    return this.#edits.filter((edit) => edit.start < until).reduce((sum, { start, end, text }) => sum + text.length - (end - start), 0);
  }
}

function placesOf(findings: readonly Finding[], key: string): number {
  return findings.find((finding) => keyOf(finding) === key)?.related.length ?? 0;
}

function keyOf({ rule, file, fingerprint }: Finding): string {
  return `${rule}|${file}|${fingerprint}`;
}

function countBy(findings: readonly Finding[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rule, file } of findings) counts.set(`${rule}|${file}`, (counts.get(`${rule}|${file}`) ?? 0) + 1);
  return counts;
}
