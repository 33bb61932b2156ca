import { describe, expect, it } from "vitest";
import { discoverFiles } from "../../src/project/discover.js";
import { createResolver } from "../../src/project/resolve.js";
import { tree } from "./tree.js";

/** A resolver over a tree of these files; JSON values are written as JSON. */
async function over(files: Record<string, string | object>) {
  const root = tree(Object.fromEntries(Object.entries(files).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)])));
  const found = await discoverFiles(root, [root]);
  return createResolver(root, found.files, found.manifests);
}

describe("relative imports", () => {
  it.each([
    ["./b", "src/b.ts"],
    ["./b.js", "src/b.ts"],
    ["./b.ts", "src/b.ts"],
    ["./view", "src/view.tsx"],
    ["./view.js", "src/view.tsx"],
    ["./m.mjs", "src/m.mts"],
    ["./c.cjs", "src/c.cts"],
    ["./plain", "src/plain.js"],
    ["./plain.js", "src/plain.js"],
    ["./both.js", "src/both.ts"],
    ["./name.model", "src/name.model.ts"],
    ["./folder", "src/folder/index.ts"],
    ["./folder/", "src/folder/index.ts"],
    [".", "src/index.ts"],
    ["..", "index.js"],
    ["../index.js", "index.js"],
    ["./worker.ts?worker", "src/worker.ts"],
    ["./pkg", "src/pkg/lib/entry.ts"],
    ["./gone", undefined],
    ["./style.css", undefined],
    ["../../outside", undefined],
    ["/src/b", undefined],
  ])("%s", async (specifier, expected) => {
    const names = ["a.ts", "b.ts", "view.tsx", "m.mts", "c.cts", "plain.js", "both.ts", "both.js", "name.model.ts", "folder/index.ts", "index.ts", "worker.ts"];
    const files = Object.fromEntries(names.map((name) => [`src/${name}`, ""]));
    const resolver = await over({ ...files, "index.js": "", "src/pkg/package.json": { main: "lib/entry.js" }, "src/pkg/lib/entry.ts": "" });
    expect(resolver.resolve("src/a.ts", specifier)).toBe(expected);
  });
});

describe("tsconfig paths", () => {
  it("knows the aliases of SvelteKit's config, which is written when it first runs", async () => {
    const resolver = await over({
      "web/tsconfig.json": { extends: "./.svelte-kit/tsconfig.json", compilerOptions: { strict: true } },
      "web/src/lib/server/db.ts": "",
      "web/src/lib/index.ts": "",
      "web/src/routes/+server.ts": "",
    });
    expect(resolver.resolve("web/src/routes/+server.ts", "$lib/server/db")).toBe("web/src/lib/server/db.ts");
    expect(resolver.resolve("web/src/routes/+server.ts", "$lib")).toBe("web/src/lib/index.ts");
  });

  it("knows the aliases of Nuxt's configs, by extension and by reference", async () => {
    const files = { "server/utils/db.ts": "", "shared/names.ts": "", "app/state.ts": "", "server/api/things.ts": "" };
    for (const config of [{ extends: "./.nuxt/tsconfig.json" }, { files: [], references: [{ path: "./.nuxt/tsconfig.app.json" }, { path: "./.nuxt/tsconfig.server.json" }] }]) {
      const resolver = await over({ "tsconfig.json": config, ...files });
      expect(resolver.resolve("server/api/things.ts", "~~/server/utils/db")).toBe("server/utils/db.ts");
      expect(resolver.resolve("server/api/things.ts", "#server/utils/db")).toBe("server/utils/db.ts");
      expect(resolver.resolve("server/api/things.ts", "#shared/names")).toBe("shared/names.ts");
      expect(resolver.resolve("server/api/things.ts", "~/state")).toBe("app/state.ts");
    }
  });

  it("takes the longest fixed beginning, several targets in order, comments and trailing commas", async () => {
    const resolver = await over({
      "tsconfig.json": `{
        // the team's aliases
        "compilerOptions": { "paths": { "@/*": ["./missing/*", "./src/*"], "@/core/*": ["./core/*"], "exact": ["./src/exact.ts"], }, },
      }`,
      "src/a.ts": "",
      "src/core/x.ts": "",
      "core/x.ts": "",
      "src/exact.ts": "",
    });
    expect(resolver.resolve("src/a.ts", "@/a")).toBe("src/a.ts");
    expect(resolver.resolve("src/a.ts", "@/core/x")).toBe("core/x.ts");
    expect(resolver.resolve("src/a.ts", "exact")).toBe("src/exact.ts");
    expect(resolver.resolve("src/a.ts", "exactly")).toBeUndefined();
  });

  it("follows extends, and takes paths relative to the config that has them", async () => {
    const resolver = await over({
      "config/base.json": { compilerOptions: { paths: { "~/*": ["../apps/web/src/*"] } } },
      "apps/web/tsconfig.json": { extends: ["../../config/none", "../../config/base"], compilerOptions: { strict: true } },
      "apps/web/src/db.ts": "",
      "apps/web/src/deep/a.ts": "",
      "apps/api/a.ts": "",
    });
    expect(resolver.resolve("apps/web/src/deep/a.ts", "~/db.js")).toBe("apps/web/src/db.ts");
    expect(resolver.resolve("apps/api/a.ts", "~/db.js")).toBeUndefined();
  });

  it("keeps a config's own paths when it extends a package that is not installed, and finds one in the workspace", async () => {
    const resolver = await over({
      "web/tsconfig.json": { extends: "@other/tsconfig/react.json", compilerOptions: { paths: { "@/*": ["./src/*"] } } },
      "web/src/a.ts": "",
      "shared/tsconfig/package.json": { name: "@team/tsconfig" },
      "shared/tsconfig/node.json": { compilerOptions: { baseUrl: "../../api/src" } },
      "api/tsconfig.json": { extends: "@team/tsconfig/node.json" },
      "api/src/db/index.ts": "",
      "api/src/b.ts": "",
    });
    expect(resolver.resolve("web/src/a.ts", "@/a")).toBe("web/src/a.ts");
    expect(resolver.resolve("api/src/b.ts", "db")).toBe("api/src/db/index.ts");
  });

  it("survives configs that extend each other", async () => {
    const resolver = await over({
      "tsconfig.json": { extends: "./other.json", compilerOptions: { paths: { "@/*": ["./src/*"] } } },
      "other.json": { extends: "./tsconfig.json" },
      "src/a.ts": "",
    });
    expect(resolver.resolve("src/a.ts", "@/a")).toBe("src/a.ts");
  });

  it("looks into the referenced configs of a solution", async () => {
    const resolver = await over({
      "tsconfig.json": { files: [], references: [{ path: "./tsconfig.app.json" }, { path: "./server" }] },
      "tsconfig.app.json": { compilerOptions: { baseUrl: ".", paths: { "@/*": ["src/*"] } } },
      "server/tsconfig.json": {},
      "src/a.ts": "",
    });
    expect(resolver.resolve("src/a.ts", "@/a")).toBe("src/a.ts");
  });

  it("maps a path that leads to a build back to its source", async () => {
    const resolver = await over({
      "tsconfig.json": { compilerOptions: { paths: { "@team/db": ["./packages/db/dist"] } } },
      "packages/db/package.json": { name: "db" },
      "packages/db/src/index.ts": "",
      "app.ts": "",
    });
    expect(resolver.resolve("app.ts", "@team/db")).toBe("packages/db/src/index.ts");
  });
});

describe("workspace packages that are neither installed nor built", () => {
  const cases: [string, object, string, string, string][] = [
    ["main", { main: "dist/index.js" }, "src/index.ts", "@team/db", "src/index.ts"],
    ["types only", { types: "./dist/index.d.ts" }, "src/index.ts", "@team/db", "src/index.ts"],
    ["nothing at all", {}, "src/index.tsx", "@team/db", "src/index.tsx"],
    ["no build folder", { main: "index.js" }, "index.ts", "@team/db", "index.ts"],
    ["source field", { source: "code/main.ts", main: "dist/x.js" }, "code/main.ts", "@team/db", "code/main.ts"],
    ["exports text", { exports: "./dist/main.mjs" }, "src/main.ts", "@team/db", "src/main.ts"],
    ["nested build folders", { exports: { ".": { import: { types: "./dist/esm/index.d.mts", default: "./dist/esm/index.mjs" } } } }, "src/index.ts", "@team/db", "src/index.ts"],
    ["exports subpath", { exports: { ".": "./dist/index.js", "./client": "./dist/client/index.js" } }, "src/client/index.ts", "@team/db/client", "src/client/index.ts"],
    ["exports pattern", { exports: { "./*": { types: "./dist/*.d.ts", default: "./dist/*.js" } } }, "src/models/user.ts", "@team/db/models/user", "src/models/user.ts"],
    ["exports to sources", { exports: { "./*": "./src/*.ts" } }, "src/user.ts", "@team/db/user", "src/user.ts"],
    ["deep import", {}, "src/user.ts", "@team/db/src/user", "src/user.ts"],
    ["deep import of a build", {}, "src/user.ts", "@team/db/user", "src/user.ts"],
  ];

  it.each(cases)("%s", async (_name, manifest, file, specifier, expected) => {
    const resolver = await over({ "packages/db/package.json": { name: "@team/db", ...manifest }, [`packages/db/${file}`]: "", "apps/api/a.ts": "" });
    expect(resolver.resolve("apps/api/a.ts", specifier)).toBe(`packages/db/${expected}`);
  });

  it("uses the package's tsconfig, so that a checked-in build does not hide the source", async () => {
    const resolver = await over({
      "models/package.json": { name: "aquario-models", main: "lib/index.js", types: "lib/index.d.ts" },
      "models/tsconfig.json": { compilerOptions: { outDir: "./lib", rootDir: "./src" } },
      "models/lib/index.js": "",
      "models/src/index.ts": "",
      "api/a.ts": "",
    });
    expect(resolver.resolve("api/a.ts", "aquario-models")).toBe("models/src/index.ts");
  });

  it("takes a written lib folder as it is", async () => {
    const resolver = await over({ "p/package.json": { name: "p", main: "lib/index.js" }, "p/lib/index.js": "", "p/index.js": "", "a.js": "" });
    expect(resolver.resolve("a.js", "p")).toBe("p/lib/index.js");
  });

  it("of two packages with one name takes the nearer", async () => {
    const resolver = await over({
      "one/db/package.json": { name: "db" },
      "one/db/index.ts": "",
      "one/app/a.ts": "",
      "two/db/package.json": { name: "db" },
      "two/db/index.ts": "",
      "two/app/a.ts": "",
    });
    expect(resolver.resolve("one/app/a.ts", "db")).toBe("one/db/index.ts");
    expect(resolver.resolve("two/app/a.ts", "db")).toBe("two/db/index.ts");
  });

  it("resolves a package's own name and its #imports", async () => {
    const resolver = await over({
      "package.json": { name: "me", exports: { "./db": "./dist/db.js" }, imports: { "#db": "./dist/db.js", "#lib/*": { node: "./src/lib/*.js" }, "#alias": "me/db" } },
      "src/db.ts": "",
      "src/lib/text.ts": "",
      "src/deep/a.ts": "",
    });
    expect(resolver.resolve("src/deep/a.ts", "me/db")).toBe("src/db.ts");
    expect(resolver.resolve("src/deep/a.ts", "#db")).toBe("src/db.ts");
    expect(resolver.resolve("src/deep/a.ts", "#lib/text")).toBe("src/lib/text.ts");
    expect(resolver.resolve("src/deep/a.ts", "#alias")).toBe("src/db.ts");
    expect(resolver.resolve("src/deep/a.ts", "#none")).toBeUndefined();
  });

  it("leaves installed packages, Node's own modules and broken manifests alone", async () => {
    const resolver = await over({ "package.json": "{ not json", "src/express/index.ts": "", "a.ts": "" });
    for (const specifier of ["express", "@scope/pkg", "node:fs", "fs", "bun:sqlite", "https://esm.sh/x", ""]) {
      expect(resolver.resolve("a.ts", specifier)).toBeUndefined();
    }
  });
});

describe("withFiles", () => {
  it("sees files that do not exist yet, and leaves the first resolver as it was", async () => {
    const resolver = await over({ "src/a.ts": "" });
    expect(resolver.resolve("src/a.ts", "./session.js")).toBeUndefined();
    expect(resolver.withFiles(["src/session.ts"]).resolve("src/a.ts", "./session.js")).toBe("src/session.ts");
    expect(resolver.resolve("src/a.ts", "./session.js")).toBeUndefined();
  });
});

describe("module-alias", () => {
  it("takes the aliases of the manifest that stands next above, the longest first", async () => {
    const resolver = await over({
      "package.json": { name: "team", _moduleAliases: { "@root": ".", "@shared": "shared", "team:shared": "shared" } },
      "shared/log.js": "",
      "api/package.json": { name: "api", dependencies: { "module-alias": "2" }, _moduleAliases: { "@api": "./src", "@api/data": "src/storage" } },
      "api/src/routes.js": "",
      "api/src/storage/things.js": "",
      "api/src/storage/index.js": "",
    });
    expect(resolver.resolve("api/src/routes.js", "@api/routes")).toBe("api/src/routes.js");
    expect(resolver.resolve("api/src/routes.js", "@api/data/things")).toBe("api/src/storage/things.js");
    expect(resolver.resolve("api/src/routes.js", "@api/data")).toBe("api/src/storage/index.js");
    expect(resolver.resolve("api/src/routes.js", "@apiary/data")).toBeUndefined();
    // The process that starts has its aliases from its own folder, which may lie further up.
    expect(resolver.resolve("api/src/routes.js", "@shared/log")).toBe("shared/log.js");
    expect(resolver.resolve("api/src/routes.js", "team:shared/log")).toBe("shared/log.js");
    expect(resolver.resolve("api/src/routes.js", "@root/shared/log")).toBe("shared/log.js");
  });

  it("finds the sources of aliases that name what a build makes", async () => {
    const resolver = await over({ "package.json": { name: "team", _moduleAliases: { "@": "dist" } }, "src/db/connect.ts": "", "src/index.ts": "" });
    expect(resolver.resolve("src/index.ts", "@/db/connect")).toBe("src/db/connect.ts");
  });
});
