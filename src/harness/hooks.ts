/**
 * Loader hooks for scenario files: TypeScript where Node strips no types itself, `./x.js` that means `./x.ts`, and
 * `sessionfix/verify` as this package, installed or not.
 */
import { existsSync, readFileSync } from "node:fs";
import type { LoadHook, ResolveHook } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { packageFile } from "./package-file.js";

const TYPESCRIPT = /\.m?ts$/;

export const resolve: ResolveHook = (specifier, context, next) => {
  if (specifier === "sessionfix/verify") return { url: pathToFileURL(packageFile("verify")).href, shortCircuit: true };
  const { parentURL } = context;
  if (parentURL !== undefined && TYPESCRIPT.test(parentURL) && /^\.{1,2}\/.*\.m?js$/.test(specifier)) {
    const written = new URL(specifier, parentURL);
    const meant = new URL(specifier.replace(/js$/, "ts"), parentURL);
    if (!existsSync(written) && existsSync(meant)) return next(meant.href, context);
  }
  return next(specifier, context);
};

export const load: LoadHook = async (url, context, next) => {
  if (!url.startsWith("file:") || !TYPESCRIPT.test(new URL(url).pathname) || url.includes("/node_modules/")) return next(url, context);
  const { ts } = await import("ts-morph");
  const { outputText, diagnostics = [] } = ts.transpileModule(readFileSync(fileURLToPath(url), "utf8"), {
    fileName: fileURLToPath(url),
    reportDiagnostics: true,
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: false, inlineSourceMap: true },
  });
  // The compiler mends what it cannot read, and goes on: what comes out need not be what was meant.
  const broken = diagnostics.find(({ category }) => category === ts.DiagnosticCategory.Error);
  if (broken !== undefined) {
    const line = broken.file === undefined || broken.start === undefined ? "" : ` (line ${broken.file.getLineAndCharacterOfPosition(broken.start).line + 1})`;
    throw new SyntaxError(`${ts.flattenDiagnosticMessageText(broken.messageText, " ")}${line}`);
  }
  return { format: "module", source: outputText, shortCircuit: true };
};
