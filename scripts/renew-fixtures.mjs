// `npm run fixtures`: writes test/fixtures/*/after anew, as the built codemods make it out of test/fixtures/*/before.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const cli = path.join(root, "dist/cli.js");
if (!existsSync(cli)) {
  console.error("There is no build: run `npm run build` first.");
  process.exit(2);
}
const fixtures = path.join(root, "test/fixtures");
for (const name of readdirSync(fixtures)) {
  const [before, after] = [path.join(fixtures, name, "before"), path.join(fixtures, name, "after")];
  // Written by hand, before and after: a program for the harness, not one that codemods made.
  if (!existsSync(path.join(before, "src"))) continue;
  // Beside the fixture, so that the copy finds the dependencies that the type gate needs.
  const copy = mkdtempSync(path.join(fixtures, name, ".renew-"));
  try {
    cpSync(before, copy, { recursive: true });
    const { status } = spawnSync(process.execPath, [cli, "fix", "--review", "--allow-dirty"], { cwd: copy, stdio: "inherit" });
    if (status !== 0) throw new Error(`fix ended with exit code ${status}: ${path.relative(root, after)} stays as it was.`);
    rmSync(path.join(after, "src"), { recursive: true, force: true });
    cpSync(path.join(copy, "src"), path.join(after, "src"), { recursive: true });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
