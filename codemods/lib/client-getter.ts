import { ts } from "ts-morph";
import type { Creation } from "./factory.js";
import { freeName } from "./imports.js";
import { isKeptElsewhere } from "./reloads.js";
import { styleOf } from "./style.js";
import type { PlanContext } from "./transform.js";
import { namesIn } from "./transaction-shape.js";
import type { Tree } from "./tree.js";

/** `getPrisma` for `const prisma = new PrismaClient()`. */
export function getterName(tree: Tree, open: Creation, kept: PlanContext | undefined): string {
  const { parent } = open;
  const name = keptUnder(parent) ?? "client";
  const taken = namesIn(tree.source);
  const isElsewhere = (getterOf: string): boolean => {
    if (kept === undefined) return false;
    const planned = kept.groups.some(({ edits, creates }) => [...edits, ...creates].some(({ file, text }) => file !== tree.file && text.includes(`.${sharedName(getterOf)} `)));
    return planned || isKeptElsewhere(sharedName(getterOf), tree.file, kept.host);
  };
  return freeName(`get${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`, (getterOf) => taken.has(getterOf) || taken.has(sharedName(getterOf)) || isElsewhere(getterOf));
}

/** `prisma` of `const prisma = …`, `this.prisma = …` and a field `prisma = …`. */
function keptUnder(holder: ts.Node): string | undefined {
  if (ts.isVariableDeclaration(holder)) return ts.isIdentifier(holder.name) ? holder.name.text : undefined;
  if (ts.isPropertyDeclaration(holder)) return ts.isIdentifier(holder.name) ? holder.name.text : undefined;
  return ts.isBinaryExpression(holder) && ts.isPropertyAccessExpression(holder.left) && ts.isIdentifier(holder.left.name) ? holder.left.name.text : undefined;
}

/** A field's value is made with each instance. */
export function isOfInstance(open: Creation): boolean {
  const field = ts.findAncestor(open, ts.isPropertyDeclaration);
  return field !== undefined && field.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) !== true;
}

/** `sharedPrisma` of `getPrisma`. */
function sharedName(getterOf: string): string {
  return `shared${getterOf.slice("get".length)}`;
}

export function getterText(tree: Tree, open: Creation, name: string, { isKept, hasPool, exported = "" }: { isKept: boolean; hasPool: boolean; exported?: string }): string {
  const { source, file } = tree;
  const { semi, indent } = styleOf(source);
  const shared = sharedName(name);
  const callee = open.expression.getText(source);
  const type = ts.isNewExpression(open) ? `${callee}${open.typeArguments === undefined ? "" : `<${open.typeArguments.map((one) => one.getText(source)).join(", ")}>`}` : `ReturnType<typeof ${callee}>`;
  const isTyped = /\.[cm]?tsx?$/.test(file);
  const holder = `kept${shared.slice("shared".length)}`;
  const place = !isKept ? shared : isTyped ? `${holder}.${shared}` : `globalThis.${shared}`;
  const declared = isKept ? `const ${holder} = globalThis as unknown as { ${shared}?: ${type} }${semi}` : `let ${shared}${isTyped ? `: ${type} | undefined` : ""}${semi}`;
  const once = `One client for the whole process, made at first use${isKept ? " and kept when development reloads this file" : ""}`;
  return [
    ...(isKept && !isTyped ? [] : [declared, ""]),
    `// ${once}${hasPool ? ": it has a pool of its own" : isKept ? "" : " and shared by every caller"}.`,
    `${exported}function ${name}()${isTyped ? `: ${type}` : ""} {`,
    `${indent}return (${place} ??= ${open.getText(source)})${semi}`,
    "}",
  ].join("\n");
}
