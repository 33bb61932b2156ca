/** Part of a function: between two places, without what follows in branches in which the transaction has ended. */
export interface Extent {
  start: number;
  end: number;
  ended: readonly Range[];
}

interface Range {
  start: number;
  end: number;
}

/** Whether a place of the function is inside: not before the beginning, nor after an end, the last one or that of its own branch. */
export function inExtent(extent: Extent | undefined, span: Range): boolean {
  if (!extent) return true;
  const holds = (range: Range) => range.start <= span.start && span.end <= range.end;
  return holds(extent) && !extent.ended.some(holds);
}
