import { alignedTable, percent } from "./format.mjs";
import { ADMISSION, belowAdmission } from "./score.mjs";

const HEAD = ["", "findings", "tp", "fp", "fn", "tn", "precision", "recall", "macro recall", "false alarms", "macro", "right", "wrong", "debatable", "unjudged", "precision, judged too"];

const cells = (row) => [
  row.rule, row.findings, row.tp, row.fp, row.fn, row.tn, percent(row.precision), percent(row.recall), percent(row.macroRecall),
  percent(row.falseAlarmRate), percent(row.macroFalseAlarm), row.right, row.wrong, row.debatable, row.unjudged, percent(row.precisionJudged),
];

const place = ({ repo, file, line }) => `${repo}/${file}:${line}`;

export function printScore(result, { verbose = false, unjudged = false } = {}) {
  const { proven, strict, gone, labelsWithoutRule } = result;
  const admitted = proven.rows.filter((row) => row.recommended);
  const others = proven.rows.filter((row) => !row.recommended);
  const parts = [section("recommended: proven findings of its rules", [...admitted, proven.total])];
  if (others.length > 0) parts.push(section("not in recommended: their proven findings", others));
  parts.push(section("strict: every rule, likely findings too", [...strict.rows, strict.total]));
  if (verbose) parts.push(misses("recommended", admitted.flatMap((row) => row.misses)), misses("strict", strict.misses));
  if (unjudged) parts.push(listUnjudged(result.unjudged));
  if (gone.length > 0) {
    const wrong = gone.filter(({ verdict }) => verdict === "wrong").length;
    parts.push(`Judgements whose finding is not reported any more: ${gone.length} (${wrong} of them judged wrong).${verbose ? `\n${gone.map((one) => `  ${one.verdict} ${one.rule} ${place(one)}  ${one.why}`).join("\n")}` : ""}`);
  }
  if (labelsWithoutRule.length > 0) parts.push(`Labels of rules that this build does not have: ${labelsWithoutRule.join(", ")}.`);
  const below = belowAdmission(result);
  if (below.length > 0) parts.push(`Below ${percent(ADMISSION)}, and in recommended: ${below.map((row) => `${row.rule} (${percent(row.precisionJudged)})`).join(", ")}.`);
  return `${parts.join("\n\n")}\n`;
}

const section = (title, rows) => `${title}\n${alignedTable(HEAD, rows.map(cells))}`;

function misses(config, list) {
  if (list.length === 0) return `No label was missed or wrongly reported in ${config}.`;
  return `${config}: FP is a trap that was reported, FN a mistake that was missed\n${list.map(({ outcome, label }) => `${outcome.toUpperCase()} ${label.rule} ${place(label)} [${label.sub}] ${label.why ?? ""}`).join("\n")}`;
}

function listUnjudged(list) {
  const rows = [...list].sort((a, b) => Number(b.recommended) - Number(a.recommended));
  return `Findings that nobody judged: ${rows.length}${rows.map(({ repo, recommended, finding }) => `\n  ${recommended ? "recommended" : "strict     "} ${finding.rule} ${place({ repo, ...finding })} (${finding.confidence})`).join("")}`;
}
