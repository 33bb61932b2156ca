// Signatures as the source spells them: the checker's own printer would resolve aliases and name files.
import { Node } from "ts-morph";

const WIDEST = 110;

export function functionSignature(name, node, keyword = "function ") {
  const typeParameters = node.getTypeParameters().map((each) => each.getText());
  const generics = typeParameters.length === 0 ? "" : `<${typeParameters.join(", ")}>`;
  const parameters = node.getParameters().map(parameterText);
  const result = node.getReturnTypeNode()?.getText() ?? node.getReturnType().getText(node);
  const end = keyword === "" ? "" : ";";
  const line = `${keyword}${name}${generics}(${parameters.join(", ")}): ${result}${end}`;
  if (line.length <= WIDEST || keyword === "") return line;
  return `${keyword}${name}${generics}(\n${parameters.map((each) => `  ${each},\n`).join("")}): ${result}${end}`;
}

/** A default, or a pattern that takes an object apart, is the function's own affair. */
function parameterText(parameter) {
  const name = Node.isObjectBindingPattern(parameter.getNameNode()) ? "options" : parameter.getName();
  const optional = parameter.isOptional() && !parameter.isRestParameter() ? "?" : "";
  const type = parameter.getTypeNode()?.getText() ?? parameter.getType().getText(parameter);
  return `${parameter.isRestParameter() ? "..." : ""}${name}${optional}: ${type}`;
}

export function interfaceHead(declaration) {
  const { generics, bases } = headOf(declaration, declaration.getExtends());
  return `interface ${declaration.getName()}${generics}${bases}`;
}

/** An application catches errors and does not make them, so their constructors are left out. */
export function classHead(declaration, isError) {
  const base = declaration.getExtends();
  const { generics, bases } = headOf(declaration, base === undefined ? [] : [base]);
  const head = `${declaration.isAbstract() ? "abstract " : ""}class ${declaration.getName()}${generics}${bases}`;
  const [constructor] = declaration.getConstructors();
  if (isError || constructor === undefined) return head;
  return `${head} {\n  constructor(${constructor.getParameters().map(parameterText).join(", ")});\n}`;
}

function headOf(declaration, bases) {
  const typeParameters = declaration.getTypeParameters().map((each) => each.getText());
  return {
    generics: typeParameters.length === 0 ? "" : `<${typeParameters.join(", ")}>`,
    bases: bases.length === 0 ? "" : ` extends ${bases.map((base) => base.getText()).join(", ")}`,
  };
}

/** A type with the docstrings of its parts, where these have no other place. */
export function typeText(declaration) {
  return declaration.getText().replace(/^(?:\s*\/\*\*[\s\S]*?\*\/\s*)?export /, "");
}

/** The text of a declaration without any docstring in it. */
export function withoutDocs(node) {
  return node.getText().replace(/^[ \t]*\/\*\*[\s\S]*?\*\/[ \t]*\n?/gm, "").replace(/^\s*export /, "").trim();
}
