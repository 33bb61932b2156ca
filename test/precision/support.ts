import { fileURLToPath } from "node:url";

/** The measurement is plain JavaScript, as all scripts here; these are the shapes that its tests use. */
export interface Label { repo: string; file: string; line: number; rule: string; sub: string; verdict: "true" | "false" | "debatable"; why?: string }
export interface Judgement { repo: string; file: string; line: number; rule: string; fingerprint: string; verdict: "right" | "wrong" | "debatable"; why: string }
export interface ReportPlace { file: string; line: number; endLine?: number; text: string }
export interface ReportFinding { rule: string; file: string; line: number; endLine?: number; message: string; confidence: "proven" | "likely"; fingerprint: string; why?: ReportPlace[]; related?: ReportPlace[] }
export interface Row {
  rule: string; recommended?: boolean; findings: number; tp: number; fp: number; fn: number; tn: number;
  right: number; wrong: number; debatable: number; unjudged: number;
  precision: number | null; precisionJudged: number | null; recall: number | null; macroRecall: number | null; falseAlarmRate: number | null; macroFalseAlarm: number | null;
}
export interface Table { rows: Row[]; total: Row; misses: { outcome: string; label: Label }[] }
export interface Unjudged { repo: string; recommended: boolean; finding: ReportFinding }
export interface Result { proven: Table; strict: Table; unjudged: Unjudged[]; gone: Judgement[]; labelsWithoutRule: string[] }
export interface Tree { name: string; repository: string; commit: string; license: string; lines: number; libraries: string }

interface ScoreModule {
  score: (input: { reports: Map<string, ReportFinding[]>; labels: Label[]; judgements: Judgement[]; rules: string[]; recommended: string[] }) => Result;
  belowAdmission: (result: Result) => Row[];
}
interface CorpusModule {
  parseLabels: (source: string, name: string) => Label[];
  parseJudgements: (source: string, name: string) => Judgement[];
  parseManifest: (source: string, name: string) => Map<string, Tree>;
  chooseNames: (manifest: Map<string, unknown>, wanted: string[]) => string[];
  checkCommit: (tree: { name: string; commit: string }, trees: string) => true | undefined;
}
interface DocumentModule {
  putBetween: (document: string, name: string, text: string) => string | undefined;
  documentParts: (result: Result, trees: (Tree & { parsed: number; skipped: number })[]) => Record<string, string>;
  measuredSection: (rule: string, result: Result) => string;
}
interface SampleModule {
  chooseSample: (unjudged: Unjudged[], size: number, seed: number) => Unjudged[];
  printSample: (one: Unjudged, textOf: (repo: string, file: string) => string | undefined) => string;
}
interface PrintModule { printScore: (result: Result, flags?: { verbose?: boolean; unjudged?: boolean }) => string }

export const script = fileURLToPath(new URL("../../scripts/precision.mjs", import.meta.url));
const load = (name: string): Promise<unknown> => import(new URL(`../../scripts/precision/${name}.mjs`, import.meta.url).href);

export const { score, belowAdmission } = (await load("score")) as ScoreModule;
export const { parseLabels, parseJudgements, parseManifest, chooseNames, checkCommit } = (await load("corpus")) as CorpusModule;
export const { putBetween, documentParts, measuredSection } = (await load("document")) as DocumentModule;
export const { chooseSample, printSample } = (await load("sample")) as SampleModule;
export const { printScore } = (await load("print")) as PrintModule;

export const label = (line: number, verdict: Label["verdict"], more: Partial<Label> = {}): Label => ({ repo: "shop", file: "a.ts", line, rule: "no-x", sub: "plain", verdict, ...more });
export const finding = (line: number, more: Partial<ReportFinding> = {}): ReportFinding => ({ rule: "no-x", file: "a.ts", line, endLine: line, message: `x at ${line}`, confidence: "proven", fingerprint: `f${line}`, ...more });
export const judgement = (line: number, verdict: Judgement["verdict"], more: Partial<Judgement> = {}): Judgement => ({ repo: "shop", file: "a.ts", line, rule: "no-x", fingerprint: `f${line}`, verdict, why: "read", ...more });

/** One repository, `shop`, unless the reports say otherwise. */
export function measure(input: { findings?: ReportFinding[]; reports?: Record<string, ReportFinding[]>; labels?: Label[]; judgements?: Judgement[]; rules?: string[]; recommended?: string[] }): Result {
  const rules = input.rules ?? ["no-x", "no-y"];
  return score({
    reports: new Map(Object.entries(input.reports ?? { shop: input.findings ?? [] })),
    labels: input.labels ?? [], judgements: input.judgements ?? [], rules, recommended: input.recommended ?? rules,
  });
}
