import type { CallbackRole } from "../../catalogue/framework.js";
import type { Contexts } from "../contexts.js";
import type { FunctionKey } from "../program.js";

/** How handlers reach what a client sent, and what people call that. */
const PARTS: readonly [names: RegExp, part: string][] = [
  [/^(body|rawBody|json\(\)|parseBody\(\)|text\(\)|valid\(\)|payload)$/, "the body"],
  [/^(files?|formData\(\)|file\(\)|files\(\))$/, "the files"],
  [/^(input|parsedInput|rawInput)$/, "the input"],
];
const DECORATED: readonly [decorator: RegExp, part: string][] = [
  [/^(Body|Payload|MessageBody)$/, "the body"],
  [/^(UploadedFiles?)$/, "the files"],
  [/^(Args|Arguments|Input)$/, "the arguments"],
];

const roles = new WeakMap<Contexts, Map<FunctionKey, CallbackRole>>();

/** What of a request, message or job is reached by these members of a handler's parameter; undefined when it is no such part. */
export function partOfRequest(contexts: Contexts, key: FunctionKey, index: number, members: readonly string[]): string | undefined {
  const role = roleOf(contexts, key);
  if (role?.role !== "entry" || role.kind === "cron" || role.kind === "timer") return undefined;
  const { program } = contexts.graph;
  const { file, fn } = program.fnOf(key);
  const decorators = (fn.params[index]?.decorators ?? []).map((expr) => {
    const callee = expr.k === "call" ? program.call(file, expr.id).callee : expr;
    return callee.k === "var" ? program.variable(file, callee.id).name : callee.k === "member" ? callee.name : "";
  });
  const decorated = DECORATED.find(([names]) => decorators.some((name) => names.test(name)));
  if (decorated) return decorated[1];
  if (role.label.startsWith("server action")) return "the arguments";
  if (role.kind === "queue") return members[0] === "data" ? "the data" : undefined;
  if (role.kind === "event") return "the message";
  if (role.label.startsWith("GraphQL")) return index === 1 ? "the arguments" : undefined;
  return PARTS.find(([names]) => members.slice(0, 3).some((name) => names.test(name)))?.[1];
}

function roleOf(contexts: Contexts, key: FunctionKey): CallbackRole | undefined {
  let known = roles.get(contexts);
  if (!known) roles.set(contexts, (known = new Map(contexts.registered().map((each) => [each.key, each.role]))));
  return known.get(key);
}
