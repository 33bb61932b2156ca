import type { CurvePoint } from "../../core/measured.js";
import type { ProgramReport, RunReport, VerifyReport } from "../../core/verify-report.js";
import { escape, ms, section, table } from "./html.js";
import { medianOf } from "../../core/median.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [340, 210, 52, 12, 10, 34];
/** Percentiles that the x axis names; one decade of "nines" is as wide as another. */
const TICKS = [0, 50, 90, 99, 99.9, 99.99] as const;

/** How latency is distributed, an actor a figure: both axes logarithmic, so that the tail shows. */
export function curvesSection({ before, after, settings }: VerifyReport): string {
  const programs = [...(before ? [["before", before] as const] : []), ["after", after] as const];
  const figures = settings.actors.map(({ name, pace }) => {
    const curves = programs.map(([when, program]) => ({ when, points: curveOf(program, name) })).filter(({ points }) => points.length > 0);
    return `<figure><figcaption>${escape(name)} <span class="soft">${escape(pace)}</span></figcaption>${curves.length === 0 ? `<p class="soft">No answers.</p>` : draw(name, curves)}</figure>`;
  });
  const rows = settings.actors.flatMap(({ name }) =>
    programs.map(([when, program]) => {
      const of = (value: (actor: RunReport["actors"][number]) => number): number => medianOf(actorsOf(program, name).map(value));
      const failed = actorsOf(program, name).flatMap((actor) => Object.values(actor.errors)).reduce((sum, count) => sum + count, 0);
      return [escape(before ? `${name}, ${when}` : name), ...[of((a) => a.latency.p50), of((a) => a.latency.p99), of((a) => a.latency.p999), of((a) => a.latency.max)].map(ms), Math.round(of((a) => a.operations)).toLocaleString("en-US"), of((a) => a.perSecond).toFixed(1), String(failed)];
    }),
  );
  const legend = before ? `<ul class="legend"><li><span class="swatch before"></span>before</li><li><span class="swatch after"></span>after</li></ul>` : "";
  const numbers = ["p50", "p99", "p99.9", "max", "operations", "ok per s", "failed"].map((title) => ({ title, number: true }));
  return section("latency", "Latency", `<p>How long operations took, counted from the moment at which they were due. Further right are the slowest ones; each step of the grid is ten times.</p>${legend}
<div class="curves">${figures.join("\n")}</div>
${table("Latency by actor, medians over the repetitions", [{ title: "Actor" }, ...numbers], rows)}`);
}

function actorsOf(program: ProgramReport, name: string): RunReport["actors"] {
  return program.runs.flatMap((run) => run.actors.filter(({ actor }) => actor === name));
}

/** Point by point the median over the repetitions, as far as all of them reach. */
function curveOf(program: ProgramReport, name: string): CurvePoint[] {
  const curves = actorsOf(program, name).map(({ curve }) => new Map(curve)).filter((curve) => curve.size > 0);
  const shared = [...(curves[0]?.keys() ?? [])].filter((percentile) => curves.every((curve) => curve.has(percentile)));
  return shared.map((percentile) => [percentile, medianOf(curves.map((curve) => curve.get(percentile) ?? 0))]);
}

function draw(name: string, curves: ReadonlyArray<{ when: string; points: CurvePoint[] }>): string {
  const values = curves.flatMap(({ points }) => points.map(([, value]) => Math.max(value, 0.01)));
  const [low, high] = [Math.floor(Math.log10(Math.min(...values))), Math.max(Math.ceil(Math.log10(Math.max(...values))), Math.floor(Math.log10(Math.min(...values))) + 1)];
  // The slowest one is drawn where the next finer percentile would be.
  const known = Math.max(...curves.flatMap(({ points }) => points.map(([percentile]) => (percentile < 100 ? nines(percentile) : 0))));
  const end = Math.max(known + 0.3, 1.3);
  const x = (percentile: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * Math.min(percentile >= 100 ? end : nines(percentile), end)) / end;
  const y = (value: number): number => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (Math.log10(Math.max(value, 0.01)) - low)) / (high - low);
  const rows = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)).map((value) => `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${n(y(value))}" y2="${n(y(value))}"/><text x="${LEFT - 6}" y="${n(y(value) + 4)}" text-anchor="end">${value >= 1000 ? `${value / 1000} s` : `${Number(value.toPrecision(1))} ms`}</text>`);
  const columns = TICKS.filter((tick) => nines(tick) < end - 0.1).map((tick) => `<line class="grid" x1="${n(x(tick))}" x2="${n(x(tick))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text x="${n(x(tick))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${tick === 0 ? "" : `${tick} %`}</text>`);
  const lines = curves.map(({ when, points }) => `<polyline class="line ${when}" points="${points.map(([percentile, value]) => `${n(x(percentile))},${n(y(value))}`).join(" ")}"/>`);
  const told = curves.map(({ when, points }) => `${when}: ${points.filter(([percentile]) => [50, 90, 99, 100].includes(percentile)).map(([percentile, value]) => `${percentile === 100 ? "slowest" : `${percentile} %`} ${ms(value)}`).join(", ")}`);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(`Latency of ${name}. ${told.join(". ")}`)}">${[...rows, ...columns, ...lines].join("")}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">share of operations that were at least as fast</text></svg>`;
}

function nines(percentile: number): number {
  return -Math.log10(1 - percentile / 100);
}

function n(value: number): string {
  return value.toFixed(1);
}
