/** Next.js: what a file's place says of its URL. https://nextjs.org/docs/app/api-reference/file-conventions */
export function nextPath(file: string): string | undefined {
  const inside = /(?:^|\/)(?:app|pages)\/(.*)$/.exec(file)?.[1];
  if (inside === undefined) return undefined;
  const segments = inside.replace(/\.[jt]sx?$/, "").split("/");
  const last = segments.at(-1) ?? "";
  if (/^(route|page|layout|template|default|not-found|index)$/.test(last)) segments.pop();
  // Groups and slots are folders that no URL shows.
  return `/${segments.filter((segment) => !/^\(.*\)$|^@/.test(segment)).join("/")}`;
}

/** A convention's label with its path, in place of its file: `GET /api/things` for `GET route (app/api/things/route.ts)`. */
export function conventionLabel(label: string, functionName: string): string {
  const [, what = "", file = ""] = /^(.*) \((.+)\)$/.exec(label) ?? [];
  if (what === "server action") return `server action ${functionName === "" || functionName === "default" ? file : functionName}`;
  const path = /(^|\/)(app|pages)\//.test(file) ? nextPath(file) : undefined;
  if (path === undefined) return label;
  const method = /^([A-Z]+) route$/.exec(what)?.[1];
  if (method !== undefined) return `${method} ${path}`;
  if (what === "API route") return `API ${path}`;
  return /^(page|page metadata|getServerSideProps)$/.test(what) ? `${what} ${path}` : label;
}
