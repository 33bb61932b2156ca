// What the entries of the runtime's package.json export, as plain data for the renderer.
import { readFileSync } from "node:fs";
import path from "node:path";
import { Node, Project } from "ts-morph";
import { docOf, isInternal } from "./docs.mjs";
import { classHead, functionSignature, interfaceHead, typeText, withoutDocs } from "./signatures.mjs";

/** @returns The entries in the order of package.json, and the names of exports that nobody documented. */
export function readEntries(folder) {
  const { name, exports } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  const project = new Project({ tsConfigFilePath: path.join(folder, "tsconfig.json") });
  const known = new Map();
  const undocumented = [];
  const entries = Object.entries(exports).filter(([, target]) => typeof target === "object").map(([subpath, target]) => {
    const source = path.join(folder, target.import.default.replace("./dist/", "").replace(/\.js$/, ".ts"));
    const file = project.getSourceFileOrThrow(source);
    const entry = { specifier: name + subpath.slice(1), items: [], repeated: [] };
    for (const [exported, declarations] of file.getExportedDeclarations()) {
      const declaration = declarations[0];
      if (declaration === undefined || isInternal(declaration)) continue;
      // What several entries export is described once, where it comes first.
      if (known.get(exported) === declaration) {
        entry.repeated.push(exported);
        continue;
      }
      known.set(exported, declaration);
      const item = describe(exported, declaration);
      entry.items.push(item);
      if (item.doc.text === "") undocumented.push(`${exported} (${entry.specifier})`);
    }
    return entry;
  });
  const exportedNames = new Set(known.keys());
  for (const { items } of entries) for (const item of items) inlineBases(item, exportedNames);
  return { entries, undocumented };
}

function describe(name, declaration) {
  const doc = docOf(declaration);
  if (Node.isFunctionDeclaration(declaration)) {
    const implementation = declaration.getImplementation() ?? declaration;
    const overloads = implementation.getOverloads();
    const all = overloads.length > 0 ? overloads : [implementation];
    const documented = [...all, implementation].find((each) => docOf(each).text !== "") ?? implementation;
    return { name, kind: "function", doc: docOf(documented), code: all.map((each) => functionSignature(name, each)), members: [] };
  }
  if (Node.isClassDeclaration(declaration)) {
    const isError = declaration.getBaseClass()?.getName() === "SessionError" || name === "SessionError";
    return { name, kind: isError ? "error" : "class", doc, code: [classHead(declaration, isError)], errorCode: errorCodeOf(declaration), members: classMembers(declaration, isError) };
  }
  if (Node.isInterfaceDeclaration(declaration)) return describeInterface(name, declaration, doc);
  if (Node.isTypeAliasDeclaration(declaration)) return { name, kind: "type", doc, code: [typeText(declaration)], members: [] };
  if (Node.isVariableDeclaration(declaration)) {
    const type = declaration.getTypeNode()?.getText() ?? declaration.getType().getText(declaration);
    return { name, kind: "constant", doc, code: [`const ${name}: ${type};`], members: [] };
  }
  throw new Error(`${name}: a ${declaration.getKindName()} is not known to the API reference.`);
}

function describeInterface(name, declaration, doc) {
  const members = declaration.getMembers().filter((member) => !isInternal(member)).map(memberOf)
    // Members that only say that another form has them.
    .filter((member) => !member.text.endsWith("?: undefined"));
  // Where most members say nothing of themselves, the bare shape reads better than a table of names.
  const silent = members.filter((member) => member.doc.text === "").length;
  if (silent > members.length / 2) return { name, kind: "type", doc, code: [typeText(declaration)], members: [] };
  return { name, kind: "type", doc, code: [interfaceHead(declaration)], members, declaration };
}

/** Members that come from an interface that is not exported itself belong to the ones that are. */
function inlineBases(item, exportedNames) {
  if (item.declaration === undefined) return;
  const inherited = [];
  for (const base of item.declaration.getBaseDeclarations()) {
    if (!Node.isInterfaceDeclaration(base) || exportedNames.has(base.getName())) continue;
    inherited.push(...base.getMembers().map(memberOf));
    item.code = item.code.map((line) => line.replace(new RegExp(` extends ${base.getName()}$`), ""));
  }
  const own = new Set(item.members.map((member) => member.name));
  item.members.push(...inherited.filter((member) => !own.has(member.name)));
}

function memberOf(member) {
  const text = withoutDocs(member).replace(/^readonly /, "").replace(/;$/, "").replace(/\s+/g, " ");
  return { name: Node.hasName(member) ? member.getName() : text, text, doc: docOf(member) };
}

function classMembers(declaration, isError) {
  const members = [];
  for (const parameter of declaration.getConstructors()[0]?.getParameters() ?? []) {
    if (!parameter.isParameterProperty() || parameter.hasModifier("private") || parameter.hasModifier("protected")) continue;
    members.push({ name: parameter.getName(), text: `${parameter.getName()}: ${parameter.getTypeNode()?.getText() ?? parameter.getType().getText(parameter)}`, doc: docOf(parameter) });
  }
  for (const member of [...declaration.getInstanceProperties(), ...declaration.getInstanceMethods()]) {
    if (Node.isParameterDeclaration(member) || !/^[A-Za-z]/.test(member.getName()) || isInternal(member)) continue;
    if (member.hasModifier("private") || member.hasModifier("protected")) continue;
    if (isError && (member.getName() === "name" || member.getName() === "code")) continue;
    if (Node.isMethodDeclaration(member)) members.push({ name: member.getName(), text: functionSignature(member.getName(), member, ""), doc: docOf(member) });
    else members.push({ name: member.getName(), text: `${member.getName()}: ${member.getType().getText(member)}`, doc: docOf(member) });
  }
  return members;
}

function errorCodeOf(declaration) {
  const initializer = declaration.getProperty("code")?.getInitializer();
  return initializer !== undefined && Node.isStringLiteral(initializer) ? initializer.getLiteralText() : undefined;
}
