// Holds findings against labels and judgements. Pure.

/** How many lines a label may stand before or after what a finding covers: labels name a line, findings a span. */
export const SLACK = 2;
/** What a rule needs to be in `recommended`. */
export const ADMISSION = 0.95;

const covers = (place, label) =>
  place.file === label.file && place.line - SLACK <= label.line && label.line <= (place.endLine ?? place.line) + SLACK;

/** A finding hits a label of its rule when it, or a place related to it, covers the label's line. */
export const hits = (finding, label) => finding.rule === label.rule && [finding, ...(finding.related ?? [])].some((place) => covers(place, label));

/**
 * Finds the judgement of a finding: by fingerprint, which stays when unrelated lines move; else by the same rule on the same
 * line, since a rule that says more about a place than before is still about that place.
 */
export function judgementBook(judgements) {
  const byFingerprint = new Map(judgements.flatMap((judgement) => (judgement.fingerprint === undefined ? [] : [[JSON.stringify([judgement.repo, judgement.rule, judgement.fingerprint]), judgement]])));
  const byPlace = new Map(judgements.map((judgement) => [JSON.stringify([judgement.repo, judgement.rule, judgement.file, judgement.line]), judgement]));
  return (repo, { rule, fingerprint, file, line }) =>
    byFingerprint.get(JSON.stringify([repo, rule, fingerprint])) ?? byPlace.get(JSON.stringify([repo, rule, file, line]));
}

/**
 * @param input `reports`: findings by repository, of `--strict` scans; `rules`: the names that the tool has; `recommended`: those in that config.
 * @returns `proven` and `strict`, each with a row a rule and `misses` (labels on which the tool was wrong); `unjudged`; and judgements
 *   without a finding: `gone`. `proven` has the rules outside `recommended`, too: that is how one sees whether they could be admitted.
 */
export function score({ reports, labels, judgements, rules, recommended }) {
  const judged = judgementBook(judgements);
  const known = labels.filter((label) => reports.has(label.repo) && rules.includes(label.rule));
  const used = new Set();
  const findings = [...reports].flatMap(([repo, list]) => {
    const own = known.filter((label) => label.repo === repo);
    return list.filter(({ rule }) => rules.includes(rule)).map((finding) => {
      const touched = own.filter((label) => hits(finding, label));
      const judgement = touched.length > 0 ? undefined : judged(repo, finding);
      if (judgement) used.add(judgement);
      return { repo, finding, touched, judgement };
    });
  });
  const table = (chosen) => {
    const rows = rules.map((rule) => scoreRule(rule, recommended.includes(rule), known, chosen)).filter((row) => row.findings > 0 || row.labels > 0);
    return { rows, total: total("all", rows), misses: rows.flatMap((row) => row.misses) };
  };
  const proven = table(findings.filter(({ finding }) => finding.confidence === "proven"));
  return {
    proven: { ...proven, total: total("recommended", proven.rows.filter((row) => row.recommended)) },
    strict: table(findings),
    unjudged: findings.filter(({ touched, judgement }) => touched.length === 0 && !judgement).map(({ repo, finding }) => ({ repo, recommended: recommended.includes(finding.rule) && finding.confidence === "proven", finding })),
    gone: judgements.filter((judgement) => reports.has(judgement.repo) && rules.includes(judgement.rule) && !used.has(judgement)),
    labelsWithoutRule: [...new Set(labels.filter((label) => !rules.includes(label.rule)).map(({ rule }) => rule))].sort(),
  };
}

function scoreRule(rule, recommended, labels, findings) {
  const own = findings.filter(({ finding }) => finding.rule === rule);
  const outcomes = labels.filter((label) => label.rule === rule && label.verdict !== "debatable").map((label) => {
    const hit = own.some(({ touched }) => touched.includes(label));
    return { label, outcome: label.verdict === "true" ? (hit ? "tp" : "fn") : hit ? "fp" : "tn" };
  });
  const verdicts = own.map(({ touched, judgement }) => (touched.length > 0 ? (touched.every(({ verdict }) => verdict === "debatable") ? "debatable" : "labelled") : (judgement?.verdict ?? "unjudged")));
  const judged = Object.fromEntries(["right", "wrong", "debatable", "unjudged"].map((verdict) => [verdict, verdicts.filter((one) => one === verdict).length]));
  const byRepo = [...new Set([...outcomes.map(({ label }) => label.repo), ...own.map(({ repo }) => repo)])].sort().map((repo) => ({
    repo, findings: own.filter((one) => one.repo === repo).length, ...count(outcomes.filter(({ label }) => label.repo === repo)),
  }));
  return summarize({
    rule, recommended, findings: own.length, labels: outcomes.length, ...count(outcomes), ...judged, byRepo, groups: groupsOf(outcomes),
    misses: outcomes.filter(({ outcome }) => outcome === "fp" || outcome === "fn"),
  });
}

function total(rule, rows) {
  const sum = (key) => rows.reduce((all, row) => all + row[key], 0);
  const sums = Object.fromEntries(["findings", "labels", "tp", "fp", "fn", "tn", "right", "wrong", "debatable", "unjudged"].map((key) => [key, sum(key)]));
  return summarize({ rule, ...sums, groups: rows.flatMap((row) => row.groups) });
}

const count = (outcomes) => Object.fromEntries(["tp", "fp", "fn", "tn"].map((kind) => [kind, outcomes.filter(({ outcome }) => outcome === kind).length]));

/** Places of one kind in one repository are one group, so that a hundred copies of a mistake do not drown the rest. */
function groupsOf(outcomes) {
  const groups = new Map();
  for (const { label, outcome } of outcomes) {
    const key = JSON.stringify([label.repo, label.sub, label.verdict]);
    const group = groups.get(key) ?? { verdict: label.verdict, hit: 0, all: 0 };
    group.all++;
    if (outcome === "tp" || outcome === "fp") group.hit++;
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Every ratio is `null` where there is nothing to divide by. */
function summarize({ groups, ...row }) {
  const macro = (verdict) => {
    const shares = groups.filter((group) => group.verdict === verdict).map(({ hit, all }) => hit / all);
    return ratio(shares.reduce((sum, share) => sum + share, 0), shares.length);
  };
  return {
    ...row, groups,
    precision: ratio(row.tp, row.tp + row.fp),
    precisionJudged: ratio(row.tp + row.right, row.tp + row.fp + row.right + row.wrong),
    recall: ratio(row.tp, row.tp + row.fn),
    macroRecall: macro("true"),
    falseAlarmRate: ratio(row.fp, row.fp + row.tn),
    macroFalseAlarm: macro("false"),
  };
}

const ratio = (part, all) => (all === 0 ? null : part / all);

/** Rules of `recommended` whose precision, on labels and judgements together, is below what admits a rule. */
export const belowAdmission = ({ proven }) => proven.rows.filter((row) => row.recommended && row.precisionJudged !== null && row.precisionJudged < ADMISSION);
