import { realpathSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { RUNTIME } from "../core/contract.js";
import { selectGroups } from "../core/edit.js";
import type { Codemods, EditGroup, ManualFix, PlanHost } from "../core/edit.js";
import type { Finding } from "../core/finding.js";
import { largestGood } from "./bisect.js";
import { summarize } from "./fix-outcome.js";
import type { Choice, FixOptions, FixOutcome, FixSummary } from "./fix-outcome.js";
import { gateGroups, withGroups } from "./gate.js";
import { uncommitted } from "./git-status.js";
import { applyChanges, JournalError, pendingJournal, undoJournal } from "./journal.js";
import type { FileChange, UndoOutcome } from "./journal.js";
import { Disk, overlayHost } from "./overlay-host.js";
import { whyOutside, whyUntouchable } from "./refusals.js";
import { defective } from "./silent-after.js";
import { TypeGate } from "./type-gate/type-gate.js";
import type { Overlay } from "./type-gate/type-gate.js";
import { Verifier } from "./verify.js";

export type { Choice, FixOptions, FixOutcome, FixSummary } from "./fix-outcome.js";
export type { UndoOutcome } from "./journal.js";

export interface FixRequest {
  root: string;
  /** What detection says of the files on disk. */
  findings: readonly Finding[];
  /** The same detection, with some files' contents replaced or added. */
  redetect: (overlay: Overlay) => readonly Finding[] | Promise<readonly Finding[]>;
  codemods: Codemods;
  options: FixOptions;
  /** Asked about each fix before it is checked, with the diff that it makes by itself. All are made when absent. */
  choose?: (fix: FixSummary, diff: string) => Promise<Choice>;
  /** Gives the text of a changed file the project's own form before it is written. */
  format?: (file: string, text: string) => Promise<string>;
  onProgress?: (event: FixProgress) => void;
}

export type FixProgress =
  | { step: "plan"; round: number; findings: number }
  | { step: "check"; round: number; fixes: number }
  | { step: "detect"; round: number; fixes: number }
  | { step: "verify"; check: number }
  | { step: "write"; files: number };

/** A fix may uncover another one in the same lines; more rounds than this mean that two of them fight. */
const MAX_ROUNDS = 8;

/**
 * Plans, checks and writes fixes. Fixes that touch the same lines are made in turn, each on the result of those before
 * it, all in memory; the files are written once, at the end, under a journal. Throws `JournalError` when a file changed
 * while the fix was planned (nothing is written), or when an earlier fix was cut short.
 */
export async function fixProject(request: FixRequest): Promise<FixOutcome> {
  const { options, onProgress } = request;
  const root = realpathSync(request.root);
  if (!options.dryRun && pendingJournal(root) !== undefined) {
    throw new JournalError("JOURNAL_PENDING", "An earlier fix was cut short. Run `sessionfix undo` first: it restores the files as they were.");
  }
  const choices = new Choices(request.choose);
  const run = new FixRun({ ...request, root }, choices);
  await run.rounds();
  await run.format();
  if (options.dryRun || run.overlay.size === 0) return run.outcome();
  const announce = () => onProgress?.({ step: "write", files: run.overlay.size });
  if (options.verify === undefined) {
    announce();
    return { ...run.outcome(), journal: applyChanges(root, run.bytes()) };
  }
  const verifier = new Verifier(root, options.verify, (check) => onProgress?.({ step: "verify", check }));
  await verifier.assertHolds();
  const failure = await verifier.keepIfGood(run.bytes());
  if (failure === undefined) return withCheck(run.outcome(), verifier);
  // Planned again, and each round is put to the command: what breaks it goes, alone.
  const again = new FixRun({ ...request, root }, choices, verifier, run.roundsMade === 1 ? failure : undefined);
  await again.rounds();
  await again.format();
  const outcome = withCheck(again.outcome(), verifier);
  if (again.overlay.size === 0) return outcome;
  announce();
  return { ...outcome, journal: applyChanges(root, again.bytes()) };
}

function withCheck(outcome: FixOutcome, { command, checks, journal }: Verifier): FixOutcome {
  const times = checks === 1 ? "once" : `${checks} times`;
  return { ...outcome, checks: [...outcome.checks, `command: \`${command}\` ran ${times}`], ...(journal === undefined ? {} : { journal }) };
}

/** What was chosen, by fix: a second run over the same findings asks nothing again. */
class Choices {
  readonly #made = new Map<string, boolean>();
  #rest: boolean | undefined;

  constructor(private readonly ask: FixRequest["choose"]) {}

  async takes(group: EditGroup, diff: () => string): Promise<boolean> {
    if (this.ask === undefined) return true;
    const known = this.#made.get(group.id) ?? this.#rest;
    if (known !== undefined) return known;
    const choice = await this.ask(summarize(group), diff());
    if (choice === "all" || choice === "quit") this.#rest = choice === "all";
    const takes = choice === "yes" || choice === "all";
    this.#made.set(group.id, takes);
    return takes;
  }
}

/** Takes the last fix back, whole or cut short. Refuses when files were changed since, unless `force` is set. */
export function undoLast(request: { root: string; force: boolean }): Promise<UndoOutcome> {
  return new Promise((resolve) => {
    resolve(undoJournal(realpathSync(request.root), request.force));
  });
}

class FixRun {
  readonly disk: Disk;
  readonly #request: FixRequest;
  readonly #types: TypeGate;
  readonly #untouchable = new Map<string, string | undefined>();
  /** Ids of groups that are out for good. */
  readonly #out = new Set<string>();
  readonly #applied: EditGroup[] = [];
  readonly #refused = new Map<string, FixOutcome["refused"][number]>();
  readonly #takenBack: FixOutcome["takenBack"] = [];
  #skipped: FixSummary[] = [];
  readonly #unaccompanied: FixSummary[] = [];
  #manual: ManualFix[] = [];
  #detections = 0;
  overlay = new Map<string, string>();

  /** Rounds that changed something. */
  roundsMade = 0;

  /**
   * @param verifier asked about each round; @param failure what it says of the first round as a whole, if that is known.
   */
  constructor(
    request: FixRequest,
    private readonly choices: Choices,
    private readonly verifier?: Verifier,
    private failure?: string,
  ) {
    this.#request = request;
    this.disk = new Disk(request.root);
    this.#types = new TypeGate(request.root);
  }

  async rounds(): Promise<void> {
    try {
      await this.#planAndCheck();
    } finally {
      this.#types.close();
    }
  }

  async #planAndCheck(): Promise<void> {
    const { codemods, options, onProgress, redetect } = this.#request;
    let findings: readonly Finding[] = this.#request.findings;
    for (let round = 1; ; round++) {
      onProgress?.({ step: "plan", round, findings: findings.length });
      const host = overlayHost(this.disk, this.overlay);
      const plan = codemods.plan(findings, host, options.batchSize === undefined ? {} : { batchSize: options.batchSize });
      const wanted = plan.groups.filter((group) => this.#isWanted(group.transform, group.finding.rule));
      this.#manual = [...this.#advice(), ...plan.manual.filter((one) => this.#isWanted(one.transform, one.finding.rule))];
      this.#skipped = options.review ? [] : [...this.#unaccompanied, ...wanted.filter(({ safety }) => safety === "review").map(summarize)];
      const open = wanted.filter((group) => (options.review || group.safety === "safe") && !this.#out.has(group.id));
      const allowed = await this.#chosen(await this.#allowed(open), host);
      const { accepted, refused } = selectGroups(allowed);
      for (const { group, reason } of refused) {
        if (group.requires?.some((id) => !accepted.some((one) => one.id === id)) === true) this.#refuse(group, reason);
      }
      if (accepted.length === 0) return;
      if (round > MAX_ROUNDS) {
        for (const group of accepted) this.#refuse(group, "a defect of sessionfix: it would be made again and again. Please report it");
        return;
      }
      onProgress?.({ step: "check", round, fixes: accepted.length });
      const gate = await gateGroups(codemods, accepted, host, this.overlay, this.#types);
      for (const { group, diagnostics } of gate.takenBack) {
        this.#out.add(group.id);
        this.#takenBack.push({ ...summarize(group), diagnostics });
      }
      if (gate.survivors.length === 0) continue;
      onProgress?.({ step: "detect", round, fixes: gate.survivors.length });
      const after = await redetect(gate.overlay);
      this.#detections++;
      const defects = defective(gate.survivors, { findings, text: (file) => host.read(file) }, { findings: after, text: (file) => gate.overlay.get(file) ?? host.read(file) });
      if (defects.size > 0) {
        // Planned anew without them: the others may stand.
        for (const [group, reason] of defects) this.#refuse(group, reason);
        continue;
      }
      const stand = await this.#verified(gate.survivors, host);
      if (stand.length === 0) continue;
      const isWhole = stand.length === gate.survivors.length;
      this.overlay = isWhole ? gate.overlay : withGroups(codemods, stand, host, this.overlay);
      this.#applied.push(...stand);
      if (!options.review) this.#unaccompanied.push(...unaccompanied(wanted, stand));
      this.roundsMade++;
      findings = isWhole ? after : await redetect(this.overlay);
    }
  }

  /** Those that the user takes. */
  async #chosen(groups: readonly EditGroup[], host: PlanHost): Promise<EditGroup[]> {
    const taken: EditGroup[] = [];
    for (const group of groups) {
      const diff = () => [...this.#request.codemods.assemble([group], host)].map(([file, text]) => unifiedDiff(file, host.read(file), text)).join("");
      if (group.requires?.some((id) => this.#out.has(id)) !== true && (await this.choices.takes(group, diff))) taken.push(group);
      else this.#out.add(group.id);
    }
    return taken;
  }

  /** Those with which the command still succeeds. */
  async #verified(groups: readonly EditGroup[], host: PlanHost): Promise<EditGroup[]> {
    const { verifier } = this;
    if (verifier === undefined) return [...groups];
    const { codemods } = this.#request;
    const failure = this.failure;
    this.failure = undefined;
    return largestGood(
      groups,
      {
        check: (some) => verifier.check(this.bytes(withGroups(codemods, some, host, this.overlay))),
        takeBack: (group, message) => {
          this.#out.add(group.id);
          this.#takenBack.push({ ...summarize(group), diagnostics: [{ file: "", line: 0, code: 0, message }] });
        },
        refusal: (_group, reason) => reason,
      },
      failure,
    );
  }

  /** The changed files as they would be written. */
  bytes(overlay: ReadonlyMap<string, string> = this.overlay): FileChange[] {
    return [...overlay].map(([file, text]) => ({ file, before: this.disk.bytes(file), after: Buffer.from(text, "utf8") }));
  }

  async format(): Promise<void> {
    const { format } = this.#request;
    if (format === undefined) return;
    for (const [file, text] of this.overlay) this.overlay.set(file, await format(file, text));
  }

  /** What an earlier round left to do by hand about a finding that another transform has fixed since: nobody would say it again. */
  #advice(): ManualFix[] {
    return this.#manual.filter((one) => this.#applied.some((group) => group.finding.fingerprint === one.finding.fingerprint && group.transform !== one.transform));
  }

  #isWanted(transform: string, rule: string): boolean {
    const { only } = this.#request.options;
    return only === undefined || only.length === 0 || only.includes(transform) || only.includes(rule);
  }

  #refuse(group: EditGroup, refusal: string): void {
    this.#out.add(group.id);
    this.#refused.set(group.id, { ...summarize(group), refusal });
  }

  /** Without the groups that would touch a file which must not be touched. */
  async #allowed(groups: readonly EditGroup[]): Promise<EditGroup[]> {
    const { root, options } = this.#request;
    const files = [...new Set(groups.flatMap(({ edits }) => edits.map(({ file }) => file)))].filter((file) => !this.overlay.has(file) && !this.#untouchable.has(file));
    for (const file of files) this.#untouchable.set(file, whyUntouchable(root, file, this.disk.text(file)));
    if (!options.allowDirty) {
      const clean = files.filter((file) => this.#untouchable.get(file) === undefined);
      for (const [file, reason] of await uncommitted(root, clean)) this.#untouchable.set(file, `${reason} (--allow-dirty edits it nevertheless)`);
    }
    return groups.filter((group) => {
      const refusal = this.#refusalOf(group);
      if (refusal !== undefined) this.#refuse(group, refusal);
      return refusal === undefined;
    });
  }

  #refusalOf(group: EditGroup): string | undefined {
    for (const { file } of group.edits) {
      const reason = this.overlay.has(file) ? undefined : this.#untouchable.get(file);
      if (reason !== undefined) return `${file}: ${reason}`;
    }
    for (const { file } of group.creates) {
      const reason = whyOutside(this.#request.root, file);
      if (reason !== undefined) return `${file}: ${reason}`;
      if (!this.overlay.has(file) && this.disk.exists(file)) return `${file}: it would be created, and is there already`;
    }
    return undefined;
  }

  outcome(): FixOutcome {
    const changes = [...this.overlay].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, after]) => ({ file, before: this.disk.text(file), after }));
    const diffs = changes.map(({ file, before, after }) => ({ file, created: before === undefined, diff: unifiedDiff(file, before, after) }));
    const notes = [...this.#types.notes];
    const usesRuntime = [...this.overlay.values()].some((text) => text.includes(RUNTIME.specifier));
    const checks = this.overlay.size === 0 ? [] : [...this.#types.summary(), `silence: detection ran ${this.#detections} time${this.#detections === 1 ? "" : "s"} over the result and reports none of the fixed places`, "idempotence: a further plan over the result makes none of these fixes"];
    return {
      applied: this.#applied.map(summarize),
      refused: [...this.#refused.values()],
      takenBack: this.#takenBack,
      skippedForReview: this.#skipped.filter(({ id }) => !this.#out.has(id)),
      manual: this.#manual,
      changes,
      diffs,
      checks,
      notes: usesRuntime ? notes : notes.filter((note) => !note.includes(RUNTIME.specifier)),
      dryRun: this.#request.options.dryRun,
    };
  }
}

/** What is for review and only makes sense together with fixes that are made now: with their findings gone, no later run would plan it. */
function unaccompanied(wanted: readonly EditGroup[], made: readonly EditGroup[]): FixSummary[] {
  return wanted.flatMap((group) => {
    const first = made.find(({ id }) => group.requires?.includes(id) === true);
    if (group.safety === "safe" || first === undefined || made.includes(group)) return [];
    return [{ ...summarize(group), reason: `${group.reason ?? "a guarantee changes"}. It is made along with ${first.transform}: \`sessionfix undo\`, then \`sessionfix fix --review\`` }];
  });
}

export function unifiedDiff(file: string, before: string | undefined, after: string): string {
  const patch = createTwoFilesPatch(before === undefined ? "/dev/null" : `a/${file}`, `b/${file}`, before ?? "", after, "", "", { context: 3 });
  return patch.replace(/^(Index: .*\n)?=+\n/, "").replace(/^(---|\+\+\+) (.*?)\t*$/gm, "$1 $2");
}
