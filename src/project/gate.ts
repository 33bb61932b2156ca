import { EditError } from "../core/edit.js";
import type { Codemods, EditGroup, PlanHost } from "../core/edit.js";
import { largestGood } from "./bisect.js";
import { syntaxError } from "./refusals.js";
import type { NewDiagnostic, Overlay, TypeGate } from "./type-gate/type-gate.js";

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
  const survivors = await largestGood(groups, {
    check: async (some) => {
      const diagnostics = await check(some);
      return diagnostics.length === 0 ? undefined : diagnostics;
    },
    takeBack: (group, diagnostics) => takenBack.push({ group, diagnostics }),
    refusal: ({ finding }, reason) => [{ file: finding.file, line: finding.span.line, code: 0, message: reason }],
  });
  return { survivors, overlay: withGroups(codemods, survivors, host, overlay), takenBack };
}
