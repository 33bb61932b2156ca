import { ts } from "ts-morph";
import { oncePerFile, walk } from "./tree.js";

/** How a file is written, so that what is inserted reads as if its authors had written it. */
export interface Style {
  quote: '"' | "'";
  /** `";"` or `""`. */
  semi: string;
  indent: string;
  /** A comma after the last argument or property of a list over several lines. */
  trailingComma: boolean;
  /** `esm`: import and export declarations; `cjs`: `require` and `module.exports`. */
  modules: "esm" | "cjs";
}

export const styleOf = oncePerFile((source): Style => {
  const { text } = source;
  let single = 0;
  let double = 0;
  let withSemi = 0;
  let withoutSemi = 0;
  let withComma = 0;
  let withoutComma = 0;
  let requires = 0;
  walk(source, (node) => {
    if (ts.isStringLiteral(node)) {
      // A quote that avoids escaping says nothing about the habit.
      if (/["']/.test(node.text)) return;
      if (text[node.getStart(source)] === "'") single++;
      else double++;
    } else if (endsWithSemicolon(node)) {
      if (text[node.end - 1] === ";") withSemi++;
      else withoutSemi++;
    } else if ((ts.isObjectLiteralExpression(node) || ts.isArrayLiteralExpression(node) || ts.isCallExpression(node)) && overLines(node, text, source)) {
      const list = ts.isObjectLiteralExpression(node) ? node.properties : ts.isCallExpression(node) ? node.arguments : node.elements;
      if (list.hasTrailingComma === true) withComma++;
      else withoutComma++;
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "require") requires++;
  });
  return {
    quote: single > double ? "'" : '"',
    semi: withoutSemi > withSemi ? "" : ";",
    indent: indentUnit(text),
    trailingComma: withComma >= withoutComma,
    modules: hasModuleSyntax(source) || (requires === 0 && !/\.c[jt]s$/.test(source.fileName) && !/\bmodule\.exports\b/.test(text)) ? "esm" : "cjs",
  };
});

/** The file itself shows which kind of modules it uses. */
export function saysModules(source: ts.SourceFile): boolean {
  return hasModuleSyntax(source) || /\brequire\(|\bmodule\.exports\b|\bexports\./.test(source.text);
}

function hasModuleSyntax(source: ts.SourceFile): boolean {
  return source.statements.some(
    (statement) =>
      ts.isImportDeclaration(statement) ||
      ts.isExportDeclaration(statement) ||
      ts.isExportAssignment(statement) ||
      (ts.canHaveModifiers(statement) && (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)),
  );
}

function endsWithSemicolon(node: ts.Node): boolean {
  return ts.isExpressionStatement(node) || ts.isVariableStatement(node) || ts.isImportDeclaration(node) || ts.isReturnStatement(node);
}

/** The list's last element and its closing bracket stand on different lines. */
function overLines(node: ts.ObjectLiteralExpression | ts.ArrayLiteralExpression | ts.CallExpression, text: string, source: ts.SourceFile): boolean {
  const list = ts.isObjectLiteralExpression(node) ? node.properties : ts.isCallExpression(node) ? node.arguments : node.elements;
  const last = list.at(-1);
  return last !== undefined && list[0] !== undefined && text.slice(last.end, node.end).includes("\n") && text.slice(node.getStart(source), node.end).includes("\n");
}

/** The step by which indentation grows most often. */
export function indentUnit(text: string): string {
  const steps = new Map<string, number>();
  let previous = 0;
  for (const line of text.split("\n")) {
    if (line.trim() === "" || /^\s*\*/.test(line)) continue;
    const leading = /^[ \t]*/.exec(line)?.[0] ?? "";
    if (leading.startsWith("\t")) {
      steps.set("\t", (steps.get("\t") ?? 0) + 1);
      continue;
    }
    const step = leading.length - previous;
    if (step > 1 && step <= 8) {
      const unit = " ".repeat(step);
      steps.set(unit, (steps.get(unit) ?? 0) + 1);
    }
    previous = leading.length;
  }
  return [...steps].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "  ";
}

export function quoted(text: string, style: Style): string {
  return style.quote + text + style.quote;
}
