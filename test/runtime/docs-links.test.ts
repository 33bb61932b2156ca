import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { anchors, pages, relativeLinks, root } from "./support/markdown.js";

test.each(pages)("every link within the repository on %s leads somewhere", (page) => {
  const broken = relativeLinks(page).filter((target) => {
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? join(root, page) : join(root, dirname(page), path);
    if (!existsSync(file)) return true;
    return anchor !== undefined && !anchors(relative(root, file)).has(anchor);
  });
  expect(broken).toEqual([]);
});

test("links and anchors are found at all", () => {
  expect(relativeLinks("README.md").length).toBeGreaterThan(5);
  expect(anchors("docs/guarantees.md")).toContain("batches");
});
