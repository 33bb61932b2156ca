import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { discoverFiles } from "../../src/project/discover.js";
import { tree } from "./tree.js";

async function filesOf(files: Record<string, string>, start = "."): Promise<string[]> {
  const root = tree(files);
  return (await discoverFiles(root, [path.join(root, start)])).files;
}

describe("what is taken", () => {
  it("takes every extension of JavaScript and TypeScript, sorted, and nothing else", async () => {
    const names = ["a.ts", "b.tsx", "c.mts", "d.cts", "e.js", "f.jsx", "g.mjs", "h.cjs"];
    const others = ["i.json", "j.md", "k.css", "l.vue", "ts", "m.ts.bak"];
    expect(await filesOf(Object.fromEntries([...names, ...others].map((name) => [name, ""])))).toEqual(names);
  });

  it("leaves out dependencies, build output, tools' folders and declarations", async () => {
    const files = await filesOf({
      "src/app.ts": "",
      "types.d.ts": "",
      "global.d.mts": "",
      "style.d.css.ts": "",
      "node_modules/x/index.js": "",
      "packages/a/node_modules/y/index.js": "",
      "dist/app.js": "",
      "packages/a/build/a.js": "",
      "vendor/jquery.js": "",
      "coverage/lcov.js": "",
      ".next/server.js": "",
    });
    expect(files).toEqual(["src/app.ts"]);
  });

  it("lists declarations by themselves", async () => {
    const root = tree({ "src/app.ts": "", "types.d.ts": "", "src/env.d.mts": "", "node_modules/x/index.d.ts": "", "dist/app.d.ts": "" });
    expect((await discoverFiles(root, [root])).declarations).toEqual(["src/env.d.mts", "types.d.ts"]);
  });

  it("takes folders named like build output when they stand among sources", async () => {
    expect(await filesOf({ "src/build/plan.ts": "", "server/out/writer.ts": "", "pages/api/coverage/apply.js": "" })).toEqual(["pages/api/coverage/apply.js", "server/out/writer.ts", "src/build/plan.ts"]);
  });

  it("takes what was named itself, even where it would be left out", async () => {
    expect(await filesOf({ "dist/app.js": "", ".gitignore": "dist\n" }, "dist")).toEqual(["dist/app.js"]);
    expect(await filesOf({ "gen/app.ts": "", ".gitignore": "gen\n" }, "gen/app.ts")).toEqual(["gen/app.ts"]);
  });

  it("lists a file once when two paths lead to it", async () => {
    const root = tree({ "src/a.ts": "" });
    expect((await discoverFiles(root, [root, path.join(root, "src"), path.join(root, "src/a.ts")])).files).toEqual(["src/a.ts"]);
  });

  it("collects manifests for the resolver", async () => {
    const root = tree({ "package.json": "{}", "packages/a/package.json": "{}", "node_modules/b/package.json": "{}" });
    expect((await discoverFiles(root, [root])).manifests).toEqual(["package.json", "packages/a/package.json"]);
  });
});

describe(".gitignore", () => {
  it("is read in every folder, and the inner one decides", async () => {
    const files = await filesOf({
      ".gitignore": "*.gen.ts\n/local/\n",
      "a.gen.ts": "",
      "a.ts": "",
      "local/b.ts": "",
      "src/local/c.ts": "",
      "src/.gitignore": "!keep.gen.ts\nsecret.ts\n",
      "src/keep.gen.ts": "",
      "src/drop.gen.ts": "",
      "src/secret.ts": "",
      "secret.ts": "",
    });
    expect(files).toEqual(["a.ts", "secret.ts", "src/keep.gen.ts", "src/local/c.ts"]);
  });

  it("of the folders above counts, up to the top of the work tree", async () => {
    const root = tree({ ".git/HEAD": "", ".gitignore": "generated\n", "app/src/a.ts": "", "app/generated/b.ts": "" });
    const found = await discoverFiles(path.join(root, "app"), [path.join(root, "app")]);
    expect(found.files).toEqual(["src/a.ts"]);
  });

  it("does not hide the folder that was asked for", async () => {
    expect(await filesOf({ ".git/HEAD": "", ".gitignore": "sandbox\n", "sandbox/a.ts": "" }, "sandbox")).toEqual(["sandbox/a.ts"]);
  });
});

describe("what cannot be taken is named", () => {
  it("links: broken, circular, out of the tree; inner ones add nothing", async () => {
    const outside = tree({ "x.ts": "" });
    const root = tree({ "real.ts": "" });
    symlinkSync(path.join(root, "gone.ts"), path.join(root, "broken.ts"));
    symlinkSync(path.join(root, "loop.ts"), path.join(root, "loop.ts"));
    symlinkSync(path.join(outside, "x.ts"), path.join(root, "out.ts"));
    symlinkSync(path.join(root, "real.ts"), path.join(root, "inner.ts"));
    const found = await discoverFiles(root, [root]);
    expect(found.files).toEqual(["real.ts"]);
    expect(Object.fromEntries(found.skipped.map(({ file, reason }) => [file, reason]))).toEqual({
      "broken.ts": "a broken symbolic link",
      "loop.ts": "a symbolic link that leads back to itself",
      "out.ts": "a symbolic link that leads out of the scanned folder",
    });
  });

  it("does not take a folder with a source file's name for a file", async () => {
    const root = tree({});
    mkdirSync(path.join(root, "odd.ts"));
    expect(await discoverFiles(root, [root])).toEqual({ files: [], declarations: [], manifests: [], skipped: [] });
  });

  it("minified by name", async () => {
    const root = tree({ "public/jquery.min.js": "" });
    expect((await discoverFiles(root, [root])).skipped).toEqual([{ file: "public/jquery.min.js", reason: "minified, by its name" }]);
  });

  it("a named file that is no source", async () => {
    const root = tree({ "notes.md": "", "types.d.ts": "" });
    const found = await discoverFiles(root, [path.join(root, "notes.md"), path.join(root, "types.d.ts")]);
    expect(found.skipped.map(({ reason }) => reason)).toEqual([
      "not a JavaScript or TypeScript file",
      "a declaration file: it holds no code that runs",
    ]);
  });

  it("a path that does not exist is wrong use", async () => {
    const root = tree({});
    await expect(discoverFiles(root, [path.join(root, "nowhere")])).rejects.toMatchObject({ code: "PATH_NOT_FOUND" });
  });
});
