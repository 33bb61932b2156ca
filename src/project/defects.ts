import type { FileFacts } from "../core/facts/types.js";
import type { Finding } from "../core/finding.js";
import { ProjectFacts } from "../core/link/index.js";
import { detectAll } from "../../rules/detect.js";
import type { DetectOptions } from "../../rules/detect.js";
import { errorMessage } from "./errors.js";

/** Something in sessionfix itself failed on a file: what it would have said of it is missing, all else stands. */
export interface Defect {
  /** Stable. In a rule; while files were joined; while one was read. */
  code: "defect-in-rule" | "defect-in-linking" | "defect-in-reading";
  file: string;
  /** The rule that failed. */
  rule?: string;
  message: string;
}

export interface DefectNotice {
  code: Defect["code"];
  file: string;
  line: number;
  text: string;
}

/** The same defect, whatever it says of itself. */
export function defectKey({ code, file, rule = "" }: Defect): string {
  return `${code}|${file}|${rule}`;
}

export function defectNotice({ code, file, rule, message }: Defect): DefectNotice {
  const lost = {
    "defect-in-rule": `${rule} failed on this file, and what it would find here is missing`,
    "defect-in-linking": "the file could not be joined with the others and is left out, as if it were not there",
    "defect-in-reading": "the file could not be understood and is left out",
  }[code];
  return { code, file, line: 1, text: `A defect of sessionfix: ${lost}; all else is reported. Please report it: ${message}` };
}

/** A rule or the joining of files fails on changed texts, as it did not before: nothing can be said of the change. */
export class OverlayDefectError extends Error {
  readonly code = "OVERLAY_DEFECT";

  constructor({ file, rule, message }: Defect) {
    super(`A defect of sessionfix: ${rule ?? "it"} fails on ${file} as it would be after the change, so that nothing can be said of the change. Please report it: ${message}`);
    this.name = "OverlayDefectError";
  }
}

export type Link = (facts: readonly FileFacts[]) => ProjectFacts;

/** With `DEBUG=sessionfix` the stack is wanted, not the rest of the report. */
export function isDebugging(): boolean {
  return process.env["DEBUG"]?.includes("sessionfix") === true;
}

/** Detection once more, after it failed: without the files and rules that do, each of which `take` is told of. */
export function detectAround(facts: readonly FileFacts[], link: Link, detect: DetectOptions, take: (defect: Defect) => void): Finding[] {
  const rest = withoutCulprits(facts, link);
  for (const defect of rest.defects) take(defect);
  return detectAll(link(rest.facts), detect, (rule, file, thrown) => take({ code: "defect-in-rule", file, rule, message: errorMessage(thrown) }));
}

/** More files than this that cannot be joined mean that the fault lies in none of them. */
const MOST_LEFT_OUT = 10;

/**
 * The files that can be joined, when not all can. The culprit is the last of the shortest run of files, in their order,
 * that fails; with it out the rest is tried again. Costs nothing unless something fails, then about log₂ n links a
 * culprit. Throws what `link` throws when that is no file's fault.
 */
export function withoutCulprits(facts: readonly FileFacts[], link: Link): { facts: readonly FileFacts[]; defects: Defect[] } {
  const defects: Defect[] = [];
  let left = facts;
  for (let failure = failureOf(left, link); failure !== undefined; failure = failureOf(left, link)) {
    if (defects.length === MOST_LEFT_OUT || failureOf([], link) !== undefined) throw failure.error;
    let good = 0;
    let bad = left.length;
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if (failureOf(left.slice(0, middle), link) === undefined) good = middle;
      else bad = middle;
    }
    const culprit = left[bad - 1];
    if (culprit === undefined) throw failure.error;
    defects.push({ code: "defect-in-linking", file: culprit.file, message: errorMessage(failure.error) });
    left = left.filter((each) => each !== culprit);
  }
  return { facts: left, defects };
}

/** Much of what is joined is made when it is first asked for: here all of it is. */
const PARTS = Object.entries(Object.getOwnPropertyDescriptors(ProjectFacts.prototype)).flatMap(([name, each]) => ("get" in each && each.get !== undefined ? [name as keyof ProjectFacts] : []));

/** Throws at once what would be thrown later, when a part is first asked for. */
export function linkWhole(facts: readonly FileFacts[], link: Link): ProjectFacts {
  const project = link(facts);
  for (const part of PARTS) void project[part];
  return project;
}

function failureOf(facts: readonly FileFacts[], link: Link): { error: unknown } | undefined {
  try {
    linkWhole(facts, link);
    return undefined;
  } catch (error) {
    return { error };
  }
}
