import { describe, expect, it } from "vitest";
import { Processes } from "../../../src/core/link/processes.js";
import { callAt, link } from "./link.js";

function processes(texts: Record<string, string>) {
  const project = link(texts);
  return { project, of: new Processes(project.program, project.contexts) };
}

describe("files are together in one process", () => {
  it.each<[string, Record<string, string>, boolean]>([
    ["when one loads the other", { "a.ts": `import "./b.js";`, "b.ts": "" }, true],
    ["when a third loads both", { "main.ts": `import "./a.js"; export * from "./b.js";`, "a.ts": "", "b.ts": "" }, true],
    ["when both are loaded further down", { "main.ts": `import "./x.js"; import "./b.js";`, "x.ts": `const a = require("./a.js");`, "a.ts": "", "b.ts": "" }, true],
    ["not when nobody loads both", { "main.ts": `import "./a.js";`, "other.ts": `import "./b.js";`, "a.ts": "", "b.ts": "" }, false],
    ["not for a type", { "a.ts": `import type { B } from "./b.js"; export const x: B = 1;`, "b.ts": "export type B = number;" }, false],
    ["not by a script or a test", { "scripts/all.ts": `import "../a.js"; import "../b.js";`, "test/all.test.ts": `import "../a.js"; import "../b.js";`, "a.ts": "", "b.ts": "" }, false],
    ["not by a command line", { "main.ts": `import { Command } from "commander"; import "./a.js"; import "./b.js";`, "a.ts": "", "b.ts": "" }, false],
    ["when one starts the other as a worker thread", { "a.ts": `import { Worker } from "node:worker_threads"; new Worker(new URL("./b.js", import.meta.url));`, "b.ts": "" }, true],
    ["not when one forks the other", { "a.ts": `import { fork } from "node:child_process"; fork("./b.js");`, "b.ts": "" }, false],
  ])("%s", (_, texts, expected) => {
    const { of } = processes(texts);
    expect(of.together("a.ts", "b.ts")).toBe(expected);
    expect(of.together("b.ts", "a.ts")).toBe(expected);
  });

  it("when one framework serves both by their places, but not two applications'", () => {
    const { of } = processes({
      "apps/web/pages/api/a.ts": `import "../../lib/db.js"; export default function handler() {}`,
      "apps/web/pages/api/b.ts": "export default function handler() {}",
      "apps/web/lib/db.ts": "",
      "apps/admin/pages/api/c.ts": "export default function handler() {}",
    });
    expect(of.together("apps/web/lib/db.ts", "apps/web/pages/api/b.ts")).toBe(true);
    expect(of.together("apps/web/lib/db.ts", "apps/admin/pages/api/c.ts")).toBe(false);
  });
});

describe("the roots of a call", () => {
  it("are the module that is loaded and the request that is served", () => {
    const { project, of } = processes({
      "db.ts": "export function open() { probe(); }",
      "main.ts": `import express from "express"; import { open } from "./db.js"; open(); express().get("/", () => open());`,
    });
    expect(of.rootsOf(callAt(project, "probe(")).map(({ file, context }) => `${context} ${file}`)).toEqual(expect.arrayContaining(["once main.ts", "per-call main.ts"]));
  });
});
