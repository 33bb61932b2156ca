import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { connect } from "./lib/database.mjs";
import { interleave } from "./lib/rounds.mjs";
import { median, middleHalf, ratios } from "./lib/statistics.mjs";
import { LAST, fixed, verdict } from "./lib/table.mjs";

const MOST_OVERHEAD = 1.03; // promise 15

/** The same transactions, while nobody listens, and while the runtime's own listeners do. */
export async function measure(bench) {
  const listeners = await chooseListeners(bench);
  const { transaction } = bench.runtime;
  const db = connect(bench.create("metrics.db"));
  const insert = db.prepare("INSERT INTO item (name, value) VALUES (?, ?)");
  for (const rowsEach of [1, 20]) {
    const body = () => { for (let n = 0; n < rowsEach; n++) insert.run("name", 1); };
    const run = async (times) => { for (let n = 0; n < times; n++) await transaction(db, body, { label: "bench" }); };
    const forms = listeners.map(({ name, listen }) => {
      let stop;
      return {
        name, run,
        prepare: async () => {
          stop = listen();
          await run(10);
        },
        tidy: () => stop(),
      };
    });
    const times = bench.sized(100, 50);
    const samples = await interleave(bench, forms, { rounds: bench.sized(400, 60), times, warmUp: bench.sized(30, 5), share: 0.5 });
    bench.table({
      title: `\`await transaction(db, fn)\` with ${rowsEach === 1 ? "one row" : `${rowsEach} rows`}, observed`,
      head: ["who listens", "µs (median)", "µs more than without", "ratio", "middle half of the rounds", LAST],
      rows: forms.map(({ name }, index) => {
        const all = ratios(samples[index], samples[0]);
        return [
          name, fixed(median(samples[index]), 2), index === 0 ? "" : fixed(median(samples[index].map((sample, round) => sample - samples[0][round])), 2),
          fixed(median(all), 3), middleHalf(all).map((ratio) => fixed(ratio, 3)).join("–"),
          index === 0 ? "" : verdict({ [`< ${MOST_OVERHEAD}`]: median(all) < MOST_OVERHEAD }),
        ];
      }),
      note: `${samples[0].length} rounds of ${times} transactions of each form.`,
    });
  }
  db.close();
}

async function chooseListeners({ runtime, entry }) {
  const seen = { statements: 0 };
  const count = () => { seen.statements++; };
  const { instrument } = await entry("opentelemetry");
  const meter = await makeMeter();
  const statements = () => {
    subscribe("sessionfix:statement", count);
    return () => unsubscribe("sessionfix:statement", count);
  };
  const collect = () => {
    const collector = runtime.collectMetrics();
    return () => collector.stop();
  };
  return [
    { name: "nobody", listen: () => () => {} },
    { name: "`collectMetrics()`", listen: collect },
    ...(meter === undefined ? [] : [
      { name: "OpenTelemetry entry, its SDK", listen: () => instrument(meter) },
      { name: "OpenTelemetry entry, `statements: true`", listen: () => instrument(meter, { statements: true }) },
    ]),
    { name: "`sessionfix:statement`, a counter", listen: statements },
  ];
}

async function makeMeter() {
  try {
    const { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } = await import("@opentelemetry/sdk-metrics");
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    return new MeterProvider({ readers: [reader] }).getMeter("bench");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return undefined;
  }
}
