// Docstrings as plain data.
import { Node } from "ts-morph";

const NOTHING = { text: "", params: [], returns: "", throws: [] };

/** The last docstring before a declaration: its text, and its tags by kind. */
export function docOf(node) {
  const holder = Node.isVariableDeclaration(node) ? node.getVariableStatement() : node;
  const doc = Node.isJSDocable(holder) ? holder.getJsDocs().at(-1) : docOfParameter(holder);
  if (doc === undefined) return NOTHING;
  const result = { text: tidy(doc.getDescription()), params: [], returns: "", throws: [] };
  for (const tag of doc.getTags()) {
    const text = tidy(tag.getCommentText() ?? "");
    if (Node.isJSDocParameterTag(tag)) result.params.push({ name: tag.getName(), text: text.replace(/^- /, "") });
    else if (Node.isJSDocReturnTag(tag)) result.returns = text;
    else if (Node.isJSDocThrowsTag(tag)) result.throws.push({ type: tag.getTypeExpression()?.getTypeNode().getText(), text });
  }
  return result;
}

/** TypeScript attaches docstrings to parameters, ts-morph does not show them. */
function docOfParameter(node) {
  const comment = Node.isParameterDeclaration(node) ? node.getLeadingCommentRanges().at(-1)?.getText() : undefined;
  if (comment === undefined || !comment.startsWith("/**")) return undefined;
  const text = comment.slice(3, -2).replace(/^\s*\* ?/gm, "");
  return { getDescription: () => text, getTags: () => [] };
}

/** Marked as not meant for applications. */
export function isInternal(node) {
  return Node.isJSDocable(node) && node.getJsDocs().some((doc) => doc.getTags().some((tag) => tag.getTagName() === "internal"));
}

function tidy(text) {
  return text.replace(/\r/g, "").split("\n").map((line) => line.trimEnd()).join("\n").trim();
}
