import type { Outline } from "../facts/outline.js";

/** An outline as it is kept beside a file's imports: specifiers are said by their place among these. */
export interface PackedOutline {
  units: [units: number[], imports: [at: number, name: string][]][];
  exports: [name: string, units: readonly number[]][];
  stars: number[];
}

type Imports = readonly (readonly [specifier: string, target: string | null])[];

/** What leads to no file of the set is left out: nobody can go there. */
export function packOutline(outline: Outline, imports: Imports): PackedOutline {
  const places = new Map(imports.flatMap(([specifier, target], at) => (target === null ? [] : [[specifier, at] as const])));
  return {
    units: outline.units.map(({ units, imports: mentions }) => {
      const packed = new Map<string, [at: number, name: string]>();
      for (const { specifier, name } of mentions) {
        const at = places.get(specifier);
        if (at !== undefined) packed.set(`${at} ${name}`, [at, name]);
      }
      return [[...units], [...packed.values()]];
    }),
    exports: [...outline.exports],
    stars: outline.stars.flatMap((specifier) => places.get(specifier) ?? []),
  };
}

export function unpackOutline({ units, exports, stars }: PackedOutline, imports: Imports): Outline {
  const specifier = (at: number) => imports[at]?.[0] ?? "";
  return {
    units: units.map(([others, mentions]) => ({ units: new Set(others), imports: mentions.map(([at, name]) => ({ specifier: specifier(at), name })) })),
    exports: new Map(exports),
    stars: stars.map(specifier),
  };
}
