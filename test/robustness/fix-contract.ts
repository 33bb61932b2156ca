import { ts } from "ts-morph";
import { commentKey, comments } from "../../codemods/lib/text.js";
import { parse } from "../../codemods/lib/tree.js";
import { BOM, withoutBom } from "../../src/core/edit.js";
import type { TextEdit } from "../../src/core/edit.js";
import { syntaxError } from "../../src/project/refusals.js";

/** A file before and after some fixes, with the edits that these fixes declared. */
export interface Change {
  file: string;
  before: string;
  after: string;
  edits: readonly TextEdit[];
  /** Comments that the fixes say go with what they spoke of. */
  drops: readonly string[];
}

/** What a changed file breaks of the promises in `docs/safety.md` that its texts alone can tell. */
export function brokenContract(change: Change): string[] {
  const { file, before, after } = change;
  const problem = syntaxError(file, after);
  if (problem !== undefined) return [`${file}: the result does not parse: ${problem}`];
  return [...strayBytes(change), ...lostComments(change), ...wrongEndings(change), ...newNameProblems(file, before, after)].map((each) => `${file}: ${each}`);
}

/**
 * What lies between the declared edits stands in the result, each piece whole and in its order; only import lines may
 * have come or gone. Written without the edit engine, which it checks.
 */
function strayBytes({ file, before, after, edits }: Change): string[] {
  const crlf = (before.match(/\r\n/g) ?? []).length > (before.match(/(?<!\r)\n/g) ?? []).length;
  const body = withoutBom(before);
  const distinct = [...new Map(edits.map((edit, index) => [edit.start === edit.end ? `at ${index}` : `${edit.start} ${edit.end} ${edit.text}`, edit])).values()];
  const ordered = distinct.map((edit, index) => ({ edit, index })).sort((a, b) => a.edit.start - b.edit.start || Number(a.edit.end > a.edit.start) - Number(b.edit.end > b.edit.start) || a.index - b.index);
  let expected = "";
  let at = 0;
  for (const { edit } of ordered) {
    expected += body.slice(at, edit.start) + (crlf ? edit.text.replace(/\r?\n/g, "\r\n") : edit.text);
    at = edit.end;
  }
  expected += body.slice(at);
  const [wanted, is] = [withoutImports(file, expected), withoutImports(file, withoutBom(after))];
  const problems = wanted === is ? [] : [`bytes outside the declared edits changed: ${firstDifference(wanted, is)}`];
  return before.startsWith(BOM) === after.startsWith(BOM) ? problems : [...problems, "the byte order mark came or went"];
}

/** The text of all statements but the imports, to the byte; what stands between statements is left to the comments' count. */
function withoutImports(file: string, text: string): string {
  const source = parse(file, text);
  return source.statements.filter((each) => !isImport(each, source)).map((each) => each.getText(source)).join("\n");
}

function isImport(statement: ts.Statement, source: ts.SourceFile): boolean {
  return ts.isImportDeclaration(statement) || ts.isImportEqualsDeclaration(statement) || (ts.isVariableStatement(statement) && /=\s*require\(/.test(statement.getText(source)));
}

function firstDifference(wanted: string, is: string): string {
  let at = 0;
  while (at < wanted.length && wanted[at] === is[at]) at++;
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 40), at + 60));
  return `${around(is)} where it should be ${around(wanted)}`;
}

function lostComments({ file, before, after, drops }: Change): string[] {
  const left = comments(parse(file, after)).map(({ text }) => commentKey(text));
  const lost: string[] = [];
  for (const { text } of comments(parse(file, before))) {
    const at = left.indexOf(commentKey(text));
    if (at !== -1) left.splice(at, 1);
    else if (!drops.includes(text)) lost.push(`lost the comment ${JSON.stringify(text.slice(0, 80))}`);
  }
  return lost;
}

/** A file with one kind of line ending keeps to it. */
function wrongEndings({ before, after }: Change): string[] {
  const bare = /(?<!\r)\n/;
  if (before.includes("\r\n") && !bare.test(before) && bare.test(after)) return ["a bare line feed in a file of CRLF lines"];
  return !before.includes("\r") && after.includes("\r") ? ["a carriage return in a file of LF lines"] : [];
}

/** Names that nothing declares, that are declared twice or come too early, `await` where there is none, and imports that nothing uses. */
const NAME_CODES = new Set([2304, 2552, 2300, 2451, 2448, 2454, 1308, 1103, 18004, 2588, 6133, 6192, 6196, 6198]);

/** The compiler's view of one file by itself: what it says of names that it did not say before. */
function newNameProblems(file: string, before: string, after: string): string[] {
  const was = nameProblems(file, before);
  return nameProblems(file, after).filter((each) => {
    const at = was.indexOf(each);
    if (at !== -1) was.splice(at, 1);
    return at === -1;
  });
}

function nameProblems(file: string, marked: string): string[] {
  const text = withoutBom(marked);
  const source = parse(file, text);
  const options: ts.CompilerOptions = { noLib: true, noResolve: true, types: [], allowJs: true, checkJs: true, noUnusedLocals: true, target: ts.ScriptTarget.Latest, module: ts.ModuleKind.ESNext, jsx: ts.JsxEmit.Preserve };
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === file ? source : undefined),
    getDefaultLibFileName: () => "lib.d.ts",
    writeFile: () => undefined,
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    fileExists: (name) => name === file,
    readFile: () => undefined,
  };
  const program = ts.createProgram([file], options, host);
  return program
    .getSemanticDiagnostics(program.getSourceFile(file))
    .filter(({ code }) => NAME_CODES.has(code))
    // No library is loaded: what the language and Node bring along is known nevertheless.
    // A suggestion is made while the compiler has the patience: with it or without, it is the same name.
    .flatMap(({ code, start = 0, length = 0, messageText }) => {
      // Of a whole import one sentence is said, of a part of it one a name.
      if (code === 6192 || code === 6198) return importedNames(text.slice(start, start + length)).map(unused);
      return [ts.flattenDiagnosticMessageText(messageText, " ").replace(/ Did you mean .*/, "")];
    })
    .filter((text) => !isBroughtAlong(/^Cannot find name '(.*)'/.exec(text)?.[1]));
}

function unused(name: string): string {
  return `'${name}' is declared but its value is never read.`;
}

function importedNames(statement: string): string[] {
  const clause = /^import (?:type )?(.*) from /s.exec(statement)?.[1] ?? /\{.*?\}/s.exec(statement)?.[0] ?? "";
  return clause.replace(/[{}]/g, ",").split(",").map((each) => each.trim().replace(/^type |.* as /g, "")).filter((each) => each !== "");
}

const TYPES = new Set(["Awaited", "Exclude", "Extract", "NonNullable", "Omit", "Parameters", "Partial", "Pick", "PromiseLike", "Readonly", "ReadonlyArray", "Record", "Required", "ReturnType", "NodeJS", "Iterable", "AsyncIterable"]);

function isBroughtAlong(name: string | undefined): boolean {
  return name !== undefined && (name in globalThis || name === "require" || name === "module" || TYPES.has(name));
}
