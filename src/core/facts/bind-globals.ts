import type { FileFacts, VariableFact } from "./types.js";

/** What a name that a file does not declare is an import of. */
export interface ImportedName {
  specifier: string;
  /** `"default"` or the exported name. */
  imported: string;
}

/**
 * The facts as if these names were imported at the top of the file: frameworks do so by themselves. Names that the file declares, or does not
 * speak of, change nothing; facts in which nothing changes are returned as they are.
 */
export function bindGlobals(facts: FileFacts, names: ReadonlyMap<string, ImportedName>): FileFacts {
  const added = new Map<string, VariableFact>();
  const bound = new Map<object, object>();
  const bind = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    // Parts of facts may be held in several places, as the same object: so they stay.
    let known = bound.get(value);
    if (known === undefined) bound.set(value, (known = Array.isArray(value) ? bindItems(value) : bindProperties(value)));
    return known;
  };
  const bindItems = (items: readonly unknown[]): unknown[] => {
    const changed = items.map(bind);
    return changed.some((item, index) => item !== items[index]) ? changed : (items as unknown[]);
  };
  const bindProperties = (value: object): object => {
    const variable = variableFor(value);
    if (variable) return { k: "var", id: variable.id };
    let changed: Record<string, unknown> | undefined;
    for (const [key, part] of Object.entries(value)) {
      const own = bind(part);
      if (own !== part) (changed ??= { ...value })[key] = own;
    }
    return changed ?? value;
  };
  const variableFor = (value: object): VariableFact | undefined => {
    if (!("k" in value) || value.k !== "global" || !("name" in value) || typeof value.name !== "string") return undefined;
    const { name } = value;
    const from = names.get(name);
    if (!from) return undefined;
    let variable = added.get(name);
    if (!variable) {
      variable = { id: facts.variables.length + added.size, name, fn: 0, kind: "import", import: { specifier: from.specifier, name: from.imported, typeOnly: false } };
      added.set(name, variable);
    }
    return variable;
  };
  const changed = bindProperties(facts) as FileFacts;
  if (added.size === 0) return facts;
  const variables = [...added.values()];
  return { ...changed, variables: [...changed.variables, ...variables], specifiers: [...new Set([...changed.specifiers, ...variables.flatMap((variable) => variable.import?.specifier ?? [])])] };
}
