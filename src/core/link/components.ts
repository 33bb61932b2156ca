/**
 * Strongly connected components in reverse topological order (callees before callers): Tarjan's algorithm, without
 * recursion, since call chains of generated code can be deeper than the stack.
 */
export function components<T>(nodes: Iterable<T>, successors: (node: T) => Iterable<T>): T[][] {
  const index = new Map<T, number>();
  const low = new Map<T, number>();
  const onStack = new Set<T>();
  const stack: T[] = [];
  const result: T[][] = [];
  const lower = (node: T, value: number) => low.set(node, Math.min(low.get(node) ?? value, value));

  for (const root of nodes) {
    if (index.has(root)) continue;
    const work: { node: T; rest: Iterator<T> }[] = [];
    const enter = (node: T) => {
      index.set(node, index.size);
      low.set(node, index.size - 1);
      stack.push(node);
      onStack.add(node);
      work.push({ node, rest: successors(node)[Symbol.iterator]() });
    };
    enter(root);
    for (let frame = work.at(-1); frame; frame = work.at(-1)) {
      const next = frame.rest.next();
      if (!next.done) {
        if (!index.has(next.value)) enter(next.value);
        else if (onStack.has(next.value)) lower(frame.node, index.get(next.value) ?? 0);
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent) lower(parent.node, low.get(frame.node) ?? 0);
      if (low.get(frame.node) !== index.get(frame.node)) continue;
      const component: T[] = [];
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        onStack.delete(node);
        component.push(node);
        if (node === frame.node) break;
      }
      result.push(component);
    }
  }
  return result;
}
