import { EditError, selectGroups } from "../core/edit.js";
import type { Codemods, EditGroup, PlanHost } from "../core/edit.js";
import { syntaxError } from "./refusals.js";
import type { NewDiagnostic, Overlay, TypeGate } from "./type-gate.js";

export interface GateResult {
  survivors: EditGroup[];
  /** The overlay with the survivors' edits. */
  overlay: Map<string, string>;
  takenBack: { group: EditGroup; diagnostics: NewDiagnostic[] }[];
}

/** The overlay with some groups' edits over it. */
export function withGroups(codemods: Codemods, groups: readonly EditGroup[], host: PlanHost, overlay: Overlay): Map<string, string> {
  return new Map([...overlay, ...codemods.assemble(groups, host)]);
}

/**
 * Finds the largest part of the groups that brings no new diagnostic: all of them when that holds, else by bisection,
 * so that one bad group among n costs about 2·log₂ n checks and the others still land.
 */
export async function gateGroups(codemods: Codemods, groups: readonly EditGroup[], host: PlanHost, overlay: Overlay, types: TypeGate): Promise<GateResult> {
  const takenBack: GateResult["takenBack"] = [];
  const check = async (some: readonly EditGroup[]): Promise<NewDiagnostic[]> => {
    let next: Map<string, string>;
    try {
      next = withGroups(codemods, some, host, overlay);
    } catch (error) {
      if (!(error instanceof EditError)) throw error;
      return [{ file: "", line: 0, code: 0, message: error.message }];
    }
    const broken: NewDiagnostic[] = [];
    for (const [file, text] of next) {
      if (overlay.get(file) === text) continue;
      const problem = syntaxError(file, text);
      if (problem !== undefined) broken.push({ file, line: 0, code: 0, message: `the result does not parse: ${problem}` });
    }
    return broken.length > 0 ? broken : types.newDiagnostics(overlay, next);
  };
  const survivors = await bisect([], groups, check, takenBack);
  return { survivors, overlay: withGroups(codemods, survivors, host, overlay), takenBack };
}

/** Which of `groups` can be added to `good` without a new diagnostic. */
async function bisect(
  good: readonly EditGroup[],
  groups: readonly EditGroup[],
  check: (groups: readonly EditGroup[]) => Promise<NewDiagnostic[]>,
  takenBack: GateResult["takenBack"],
): Promise<EditGroup[]> {
  const { accepted, refused } = selectGroups([...good, ...groups]);
  for (const { group, reason } of refused) takenBack.push({ group, diagnostics: [{ file: group.finding.file, line: group.finding.span.line, code: 0, message: reason }] });
  const added = accepted.filter((group) => !good.includes(group));
  if (added.length === 0) return [...good];
  const diagnostics = await check(accepted);
  if (diagnostics.length === 0) return accepted;
  const [only] = added;
  if (added.length === 1 && only !== undefined) {
    takenBack.push({ group: only, diagnostics });
    return [...good];
  }
  const middle = Math.ceil(added.length / 2);
  const left = await bisect(good, added.slice(0, middle), check, takenBack);
  return bisect(left, added.slice(middle), check, takenBack);
}
