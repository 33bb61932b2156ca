import { applyEdits, BOM, editsByFile, withoutBom } from "../src/core/edit.js";
import type { EditGroup, ImportNeed, PlanHost } from "../src/core/edit.js";
import { importEdits } from "./lib/imports.js";
import { parse } from "./lib/tree.js";

/**
 * The new content of every file that the groups change or create. Any subset of a plan's groups can be assembled: what
 * each file must import, and what it imports in vain, is worked out from the edited text. Throws `EditError` when the
 * groups collide.
 */
export function assemble(groups: readonly EditGroup[], host: PlanHost): Map<string, string> {
  const result = new Map<string, string>();
  for (const group of groups) for (const created of group.creates) result.set(created.file, created.text);
  const needs = new Map<string, ImportNeed[]>();
  for (const need of groups.flatMap(({ imports }) => imports)) {
    const list = needs.get(need.file);
    if (list === undefined) needs.set(need.file, [need]);
    else list.push(need);
  }
  const edits = editsByFile(groups);
  for (const file of new Set([...edits.keys(), ...needs.keys()])) {
    const before = host.read(file);
    if (before === undefined) continue;
    const edited = applyEdits(before, edits.get(file) ?? []);
    const imports = importEdits(parse(file, before), parse(file, edited), file, needs.get(file) ?? [], host);
    const bom = edited.startsWith(BOM) ? BOM : "";
    result.set(file, bom + applyEdits(withoutBom(edited), imports));
  }
  return result;
}
