import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkInvariants } from "../../src/harness/invariants.js";
import { marketplaceInvariants } from "./scenarios/marketplace-invariants.js";

// A program of its own, in no project of this repository: loaded as one.
const migrations = new URL("../fixtures/marketplace/before/src/cache/migrations.ts", import.meta.url).href;
const { runMigrations } = (await import(/* @vite-ignore */ migrations)) as { runMigrations: (dbPath: string) => void };

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "invariants-"));
  path = join(folder, "x.db");
  runMigrations(path);
  change(CONSISTENT);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One source with two entries, of which one, a composite, is imported; one completed and one running execution. */
const CONSISTENT = `
  INSERT INTO marketplace_sources (id, name, checkout_path, status, entry_count, artifact_count, created_at, updated_at)
    VALUES ('s', 'source', '/x', 'ready', 2, 1, '', '');
  INSERT INTO catalog_entries (id, source_id, name, artifact_type, path, version, status, created_at, updated_at)
    VALUES ('e1', 's', 'a', 'composite', 'a', '1', 'imported', '', ''), ('e2', 's', 'b', 'skill', 'b', '1', 'new', '', '');
  INSERT INTO collection_artifacts
      (id, catalog_entry_id, source_id, name, artifact_type, version, content_hash, size_bytes, snapshot, import_id, created_at, updated_at)
    VALUES ('a1', 'e1', 's', 'a', 'composite', '1', 'h', 1, x'00', 'i', '', '');
  INSERT INTO composite_members VALUES ('a1', 0, 'm', 'agent', 'h'), ('a1', 1, 'n', 'agent', 'h');
  INSERT INTO tags (id, name, usage_count) VALUES (1, 'used', 1), (2, 'unused', 0);
  INSERT INTO artifact_tags VALUES ('a1', 1);
  INSERT INTO workflow_executions (id, workflow, status, steps_total, steps_finished, created_at, updated_at)
    VALUES ('done', 'w', 'completed', 1, 1, '', ''), ('runs', 'w', 'running', 2, 1, '', '');
  INSERT INTO workflow_steps (id, execution_id, position, name, status, updated_at)
    VALUES ('d0', 'done', 0, 'x', 'succeeded', ''), ('r0', 'runs', 0, 'x', 'succeeded', ''), ('r1', 'runs', 1, 'y', 'running', '');
`;

function change(sql: string): void {
  const session = new Database(path);
  session.pragma("foreign_keys = OFF");
  session.exec(sql);
  session.close();
}

function broken(): string[] {
  return checkInvariants(path, marketplaceInvariants).filter((result) => result.violations > 0).map((result) => result.name);
}

describe("the marketplace's invariants", () => {
  it("hold in a consistent database", () => {
    expect(broken()).toEqual([]);
  });

  it.each([
    ["every foreign key has its row", "INSERT INTO artifact_tags VALUES ('nobody', 2); UPDATE tags SET usage_count = 1 WHERE id = 2"],
    ["a source counts its catalog entries", "UPDATE marketplace_sources SET entry_count = 3"],
    ["a source that is not importing counts its artifacts", "UPDATE marketplace_sources SET artifact_count = 0"],
    ["no import is left unfinished", "UPDATE marketplace_sources SET status = 'importing'"],
    ["imported entries have their artifact, and the others none", "UPDATE catalog_entries SET status = 'imported'"],
    ["composites have their members, and nothing else has", "DELETE FROM composite_members"],
    ["composites have their members, and nothing else has", "UPDATE collection_artifacts SET artifact_type = 'skill'"],
    ["members of a composite are numbered without gaps", "DELETE FROM composite_members WHERE position = 0"],
    ["a tag counts its uses", "UPDATE tags SET usage_count = 1"],
    ["an execution counts its steps", "UPDATE workflow_executions SET steps_finished = 2 WHERE id = 'runs'"],
    ["an execution counts its steps", "UPDATE workflow_executions SET steps_total = 3 WHERE id = 'runs'"],
    ["an execution's state agrees with its steps", "UPDATE workflow_executions SET status = 'failed' WHERE id = 'runs'"],
    ["an execution's state agrees with its steps", "UPDATE workflow_executions SET status = 'completed' WHERE id = 'runs'"],
    ["an execution's state agrees with its steps", "UPDATE workflow_executions SET status = 'pending' WHERE id = 'runs'"],
    ["an execution's state agrees with its steps", "UPDATE workflow_executions SET status = 'failed' WHERE id = 'done'"],
  ])("%s: broken by %s", (name, sql) => {
    change(sql);
    expect(broken()).toEqual([name]);
  });

  it("shows examples of what breaks them", () => {
    change("UPDATE marketplace_sources SET entry_count = 3");
    const result = checkInvariants(path, marketplaceInvariants).find((each) => each.violations > 0);
    expect(result).toEqual({
      name: "a source counts its catalog entries", violations: 1, examples: ['{"name":"source","entry_count":3}'],
    });
  });
});
