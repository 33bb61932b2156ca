// The figures as Markdown, and where they go: docs/precision.md and each rule's page. Figures alone; no line of foreign code.
import { UsageError } from "./errors.mjs";
import { markdownTable, percent } from "./format.mjs";

/** The text between `<!-- name -->` and `<!-- /name -->` replaced, or `undefined` when the document has no such place. */
export function putBetween(document, name, text) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const parts = [document.split(begin), document.split(end)];
  if (parts.every((part) => part.length === 1)) return undefined;
  if (parts.some((part) => part.length !== 2) || document.indexOf(begin) > document.indexOf(end)) {
    throw new UsageError(`A document needs ${begin} and then ${end}, each exactly once, or neither.`);
  }
  return `${parts[0][0]}${begin}\n\n${text.trim()}\n\n${end}${parts[1][1]}`;
}

/** The tables of docs/precision.md, by the name of their marks. */
export function documentParts(result, trees) {
  const { proven, strict } = result;
  return {
    "precision:corpus": markdownTable(
      ["name", "repository", "commit", "licence", "lines of TypeScript and JavaScript", "files parsed", "unreadable"],
      trees.map(({ name, repository, commit, license, lines, parsed, skipped }) => [name, repository, `\`${commit}\``, license, thousands(lines), thousands(parsed), thousands(skipped)]),
    ),
    "precision:recommended": figures([...proven.rows.filter((row) => row.recommended), proven.total]),
    "precision:candidates": figures(proven.rows.filter((row) => !row.recommended)) ?? "None at present.",
    "precision:strict": figures([...strict.rows, strict.total]),
  };
}

const thousands = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

const HEAD = ["rule", "findings", "labelled mistakes found", "missed", "traps silent", "traps reported", "precision on labels", "recall", "macro recall", "macro false alarms", "judged right", "wrong", "debatable", "not judged", "precision with judgements"];

function figures(rows) {
  if (rows.length === 0) return undefined;
  return markdownTable(HEAD, rows.map((row) => [
    row.rule, row.findings, row.tp, row.fn, row.tn, row.fp, percent(row.precision), percent(row.recall), percent(row.macroRecall), percent(row.macroFalseAlarm),
    row.right, row.wrong, row.debatable, row.unjudged, percent(row.precisionJudged),
  ]));
}

/** What a rule's own page says: its figures, and the same by application for what is proven. */
export function measuredSection(rule, { proven, strict }) {
  const own = [["proven", proven], ["strict", strict]].flatMap(([config, { rows }]) => rows.filter((row) => row.rule === rule).map((row) => ({ config, row })));
  if (own.length === 0) return "No labelled place and no finding in the corpus: nothing is measured.";
  const parts = [
    "How this is measured, and what it cannot say: [docs/precision.md](../../docs/precision.md). `proven` findings are on by default; `strict` has the likely ones, too.",
    markdownTable(
      ["findings", "all", "labelled mistakes found", "missed", "traps silent", "traps reported", "judged right", "wrong", "debatable", "not judged", "precision", "macro recall"],
      own.map(({ config, row }) => [config, row.findings, row.tp, row.fn, row.tn, row.fp, row.right, row.wrong, row.debatable, row.unjudged, percent(row.precisionJudged), percent(row.macroRecall)]),
    ),
  ];
  const applications = own[0].row.byRepo;
  if (applications.length > 0) {
    parts.push(`By application, ${own[0].config === "proven" ? "proven findings" : "likely findings"}:`, markdownTable(
      ["application", "findings", "labelled mistakes found", "missed", "traps silent", "traps reported"],
      applications.map(({ repo, findings, tp, fn, tn, fp }) => [repo, findings, tp, fn, tn, fp]),
    ));
  }
  return parts.join("\n\n");
}
