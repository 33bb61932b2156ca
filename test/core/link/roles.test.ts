import { describe, expect, it } from "vitest";
import { fileRole } from "../../../src/core/link/roles.js";
import { contexts, link } from "./link.js";

describe("what a file is for", () => {
  it.each([
    "src/__tests__/db.ts",
    "test/db.ts",
    "src/db.test.ts",
    "src/db.spec.mts",
    "src/button.stories.tsx",
    ".storybook/preview.ts",
    "e2e/login.ts",
    "vitest.setup.ts",
    "src/orders.fixture.ts",
    "server/drivers/mysql/test.js",
    "simulation-test/src/rpc.ts",
    "packages/api/integration-tests/users.ts",
    "load_test/run.ts",
    "app/__tests__/route.ts",
    "test/fixtures/app/api/users/route.ts",
  ])("%s is a test", (file) => {
    expect(fileRole(file, false)).toBe("test");
  });

  it.each([
    "scripts/import.ts",
    "packages/db/migrations/0001_init.ts",
    "src/server/migration/1663851423064-AddUser.ts",
    "prisma/seed.ts",
    "src/seeds/users.ts",
    "src/seeders/users.js",
    "apps/test-db-seeding/src/users.ts",
    "bin/run.js",
    "src/cli/index.ts",
    "examples/basic.ts",
    "src/db/reset-db.ts",
    "db-migrate.ts",
    "src/run-migrations.ts",
    "src/db/migrations.ts",
    "src/migration/20240107_add_things.js",
    "src/migration/dev-3.js",
    "src/users.seed.ts",
    "drizzle.config.ts",
    "apps/web/next.config.mjs",
    "tsup.server.config.ts",
    ".eslintrc.cjs",
    "knexfile.ts",
    "examples/blog/app/api/scripts/route.ts",
    "app/scripts/import.ts",
    "pages/api/seed.ts",
  ])("%s is a script", (file) => {
    expect(fileRole(file, false)).toBe("script");
  });

  it.each(["src/server.ts", "src/db/index.ts", "src/database.config.ts", "src/contest.ts", "src/latest/db.ts", "app/specials/page.tsx", "src/client.ts", "src/migrator.ts", "src/combine/db.ts", "src/db.ts", "src/seeding-service.ts", "src/ab-test/assign.ts", "src/speed-test/measure.ts", "src/crop-seeding/plan.ts"])(
    "%s is the program's own",
    (file) => {
      expect(fileRole(file, false)).toBe("source");
    },
  );

  it.each([
    "src/app/api/scripts/[id]/route.ts",
    "app/api/tests/route.ts",
    "apps/web/app/examples/page.tsx",
    "pages/api/scripts/[id].ts",
    "src/routes/api/bench/+server.ts",
    "src/routes/tests/[id]/+page.server.ts",
    "server/api/scripts/[id].get.ts",
  ])("%s has a folder in its address that says nothing of what it is for", (file) => {
    expect(fileRole(file, false)).toBe("source");
  });

  it("a program that a package's bin names", () => {
    expect(fileRole("src/index.ts", true)).toBe("script");
  });

  it("a script's handlers are no production path", () => {
    expect(contexts(link({ "scripts/serve.ts": `import express from "express"; const app = express(); app.get("/", () => work()); function work() {}` }), "work")).toEqual(["once"]);
  });
});
