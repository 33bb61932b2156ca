/** Whether two values are the same as JSON sees them: `undefined` properties are absent ones; `-0` is not `0`. */
export function difference(left: unknown, right: unknown, at = ""): string | undefined {
  if (Object.is(left, right)) return undefined;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null || Array.isArray(left) !== Array.isArray(right)) {
    return `${at || "the whole"}: ${show(left)} and ${show(right)}`;
  }
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const found = difference(Reflect.get(left, key), Reflect.get(right, key), `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  return String(JSON.stringify(value) ?? value).slice(0, 80);
}
