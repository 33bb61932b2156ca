import type { CallFact, ClassFact, FileFacts, FunctionFact, FunctionId, LoopFact, VariableFact } from "../facts/types.js";

/** What the analysis needs from the outside: where an import leads, and the text behind a span. */
export interface LinkHost {
  /** The project file (relative to the root) that `specifier` names in `fromFile`; undefined outside the project. */
  resolve(fromFile: string, specifier: string): string | undefined;
  /** The file's text without its byte order mark. */
  text(file: string): string | undefined;
}

/** A function of the whole program. */
export type FunctionKey = string;

export function functionKey(file: string, id: FunctionId): FunctionKey {
  return `${file}#${id}`;
}

/** The facts of all files, with look-ups by id. */
export class Program {
  readonly files: ReadonlyMap<string, FileFacts>;
  readonly host: LinkHost;

  constructor(facts: Iterable<FileFacts>, host: LinkHost) {
    this.files = new Map([...facts].map((file) => [file.file, file]));
    this.host = host;
  }

  file(name: string): FileFacts {
    const facts = this.files.get(name);
    if (!facts) throw new RangeError(`no facts for ${name}`);
    return facts;
  }

  fn(file: string, id: FunctionId): FunctionFact {
    return at(this.file(file).functions, id, "function", file);
  }

  fnOf(key: FunctionKey): { file: string; fn: FunctionFact } {
    const hash = key.lastIndexOf("#");
    const file = key.slice(0, hash);
    return { file, fn: this.fn(file, Number(key.slice(hash + 1))) };
  }

  call(file: string, id: number): CallFact {
    return at(this.file(file).calls, id, "call", file);
  }

  loop(file: string, id: number): LoopFact {
    return at(this.file(file).loops, id, "loop", file);
  }

  variable(file: string, id: number): VariableFact {
    return at(this.file(file).variables, id, "variable", file);
  }

  class(file: string, id: number): ClassFact {
    return at(this.file(file).classes, id, "class", file);
  }

  text(file: string, span: { start: number; end: number }): string {
    return this.host.text(file)?.slice(span.start, span.end) ?? "";
  }
}

function at<T>(list: readonly T[], id: number, what: string, file: string): T {
  const item = list[id];
  if (item === undefined) throw new RangeError(`no ${what} ${id} in ${file}`);
  return item;
}
