import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The pages for people, relative to the repository's root. */
export const pages: readonly string[] = [
  "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "runtime/README.md",
  ...readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md")).sort().map((file) => `docs/${file}`),
];

export function read(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/** The blocks marked `ts` are complete programs. */
export function examples(page: string): string[] {
  return [...read(page).matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, "");
}

/** The anchors that GitHub gives to a page's headings. */
export function anchors(page: string): Set<string> {
  const found = new Set<string>();
  for (const [, title = ""] of withoutCode(read(page)).matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = title.trim().toLowerCase().replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[^\p{L}\p{N} _-]/gu, "").replace(/ /g, "-");
    let unique = slug;
    for (let count = 1; found.has(unique); count++) unique = `${slug}-${count}`;
    found.add(unique);
  }
  return found;
}

/** Targets of links and pictures within the repository: a path, an anchor, or both. */
export function relativeLinks(page: string): string[] {
  const text = withoutCode(read(page)).replace(/`[^`\n]*`/g, (code) => (code.includes("](") ? "" : code));
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? "").filter((target) => !/^[a-z]+:/.test(target));
}
