import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { batchedTransaction, createSessionFactory, transaction } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { instrument } from "sessionfix-runtime/opentelemetry";
import { gate, insert, onCleanup, rejection, tempDatabase } from "./support/database.js";

interface Point {
  readonly attributes: Record<string, unknown>;
  readonly value: number | { readonly count: number; readonly sum?: number };
}

/** The real SDK, exporting into memory. */
function startMetrics() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onCleanup(() => provider.shutdown());
  const collect = async (): Promise<Map<string, { unit: string; points: Point[] }>> => {
    await provider.forceFlush();
    const metrics = exporter.getMetrics().at(-1)?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    return new Map(metrics.map(({ descriptor, dataPoints }) => [descriptor.name, { unit: descriptor.unit, points: dataPoints }]));
  };
  return { meter: provider.getMeter("test"), collect };
}

function countOf(point: Point | undefined): number | undefined {
  return typeof point?.value === "object" ? point.value.count : point?.value;
}

test("promise 15: the semantic conventions' metrics, recorded through OpenTelemetry's own SDK", async () => {
  const { meter, collect } = startMetrics();
  onCleanup(instrument(meter));
  const sessions = createSessionFactory({ driver: betterSqlite3(Database), path: tempDatabase() });
  const db = sessions.getSession();
  await batchedTransaction(db, ["a", "b", "c"], (name, tx) => { insert(tx, name); }, { batchSize: 2, label: "import" });
  await rejection(transaction(db, (tx) => { insert(tx, "a"); }));
  const go = gate();
  const first = transaction(db, () => go.promise);
  await rejection(transaction(db, () => {}, { timeoutMs: 1, label: "gives up" }));
  go.open();
  await first;

  const metrics = await collect();
  const duration = metrics.get("db.client.operation.duration");
  expect(duration?.unit).toBe("s");
  const pool = { "db.client.connection.pool.name": "app.db" };
  expect(duration?.points.map((point) => [point.attributes, countOf(point)])).toEqual(expect.arrayContaining([
    [{ "db.system.name": "sqlite", "db.namespace": "app.db", "db.operation.name": "BATCH" }, 2],
    [{ "db.system.name": "sqlite", "db.namespace": "app.db", "db.operation.name": "TRANSACTION" }, 1],
    [{ "db.system.name": "sqlite", "db.namespace": "app.db", "db.operation.name": "TRANSACTION", "error.type": "SQLITE_CONSTRAINT_UNIQUE" }, 1],
  ]));
  expect(countOf(metrics.get("db.client.connection.count")?.points[0])).toBe(1);
  expect(metrics.get("db.client.connection.timeouts")?.points).toMatchObject([{ attributes: { ...pool, "sessionfix.label": "gives up" }, value: 1 }]);
  expect(countOf(metrics.get("db.client.connection.create_time")?.points[0])).toBe(1);
  expect(metrics.get("db.client.connection.wait_time")?.points.map(countOf).reduce((sum = 0, count = 0) => sum + count)).toBe(5);
  expect(metrics.get("db.client.connection.use_time")?.points.map(countOf).reduce((sum = 0, count = 0) => sum + count)).toBe(4);
  await sessions.close();
  expect(countOf((await collect()).get("db.client.connection.count")?.points[0])).toBe(0);
});

test("statements are recorded where they are asked for, and nothing after the stop", async () => {
  const { meter, collect } = startMetrics();
  const stop = instrument(meter, { statements: true, system: "other" });
  const db = createSessionFactory({ driver: betterSqlite3(Database), path: tempDatabase() }).getSession();
  insert(db, "a");
  db.prepare("SELECT name FROM item").all();
  stop();
  insert(db, "b");
  const points = (await collect()).get("db.client.operation.duration")?.points ?? [];
  expect(points.map((point) => [point.attributes["db.operation.name"], countOf(point)])).toEqual([["INSERT", 1], ["SELECT", 1]]);
  expect(points[0]?.attributes).toMatchObject({ "db.system.name": "other" });
});
