import type { Invariant } from "../../../src/harness/invariants.js";

export const marketplaceInvariants: readonly Invariant[] = [
  {
    name: "a source counts its catalog entries",
    sql: `SELECT name, entry_count FROM marketplace_sources s
          WHERE entry_count <> (SELECT count(*) FROM catalog_entries WHERE source_id = s.id)`,
  },
  {
    name: "a source that is not importing counts its artifacts",
    sql: `SELECT name, artifact_count FROM marketplace_sources s
          WHERE status <> 'importing' AND artifact_count <> (SELECT count(*) FROM collection_artifacts WHERE source_id = s.id)`,
  },
  {
    name: "no import is left unfinished",
    sql: "SELECT name FROM marketplace_sources WHERE status = 'importing'",
  },
  {
    name: "imported entries have their artifact, and the others none",
    sql: `SELECT path, status FROM catalog_entries e
          WHERE (status = 'imported') <> EXISTS (SELECT 1 FROM collection_artifacts WHERE catalog_entry_id = e.id)`,
  },
  {
    name: "composites have their members, and nothing else has",
    sql: `SELECT name, artifact_type FROM collection_artifacts a
          WHERE (artifact_type = 'composite') <> EXISTS (SELECT 1 FROM composite_members WHERE composite_id = a.id)`,
  },
  {
    name: "members of a composite are numbered without gaps",
    sql: `SELECT composite_id FROM composite_members GROUP BY composite_id
          HAVING min(position) <> 0 OR max(position) <> count(*) - 1`,
  },
  {
    name: "a tag counts its uses",
    sql: `SELECT name, usage_count FROM tags t
          WHERE usage_count <> (SELECT count(*) FROM artifact_tags WHERE tag_id = t.id)`,
  },
  {
    name: "an execution counts its steps",
    sql: `SELECT id, steps_total FROM workflow_executions e
          WHERE steps_total <> (SELECT count(*) FROM workflow_steps WHERE execution_id = e.id)
             OR steps_finished <> (SELECT count(*) FROM workflow_steps WHERE execution_id = e.id
                                   AND status IN ('succeeded', 'failed', 'skipped'))`,
  },
  {
    name: "an execution's state agrees with its steps",
    sql: `SELECT e.id, e.status, s.name, s.status FROM workflow_executions e JOIN workflow_steps s ON s.execution_id = e.id
          WHERE (e.status = 'completed' AND s.status NOT IN ('succeeded', 'skipped'))
             OR (e.status IN ('failed', 'cancelled') AND s.status IN ('pending', 'running'))
             OR (e.status = 'pending' AND s.status <> 'pending')
          UNION ALL
          SELECT e.id, e.status, NULL, NULL FROM workflow_executions e
          WHERE e.status = 'failed'
            AND NOT EXISTS (SELECT 1 FROM workflow_steps WHERE execution_id = e.id AND status = 'failed')`,
  },
];
