import type { CallFact, Expr, LoopFact } from "../facts/types.js";
import { isArrayMethod } from "./builtins.js";
import type { CallGraph } from "./calls.js";

/** Packages whose functions read a document's text: what they give is as long as the document. */
const READERS = /^(papaparse|csv-parse|csv-parser|csvtojson|fast-csv|@fast-csv\/parse|neat-csv|xlsx|exceljs|node-xlsx|read-excel-file|xml2js|fast-xml-parser|xml-js|sax|js-yaml|yaml|jsdom|cheerio|node-html-parser|himalaya|ical|node-ical|vcf|ndjson|jsonstream|stream-json)(\/|$)/;
const READS = /^(parse|parseSync|parseString|parseStringPromise|parseAsync|fromString|fromFile|sheet_to_json|load|loadAll|safeLoad|xml2js|readXlsxFile|toJson)$/;

/** Whether a loop goes over what was read from a document: a CSV, XML, YAML or spreadsheet file, or JSON text that came from outside. */
export function isOverDocument(graph: CallGraph, file: string, { bound }: LoopFact): boolean {
  return bound.k === "over" && documentOf(graph, file, bound.over) !== undefined;
}

/** Whether a loop goes over a document, or over what another server answered: `await response.json()`. */
export function isOverReceived(graph: CallGraph, file: string, { bound }: LoopFact): boolean {
  return bound.k === "over" && answerOf(graph, file, bound.over) !== undefined;
}

/** The call that reads the document of which a value is a part. */
export function documentOf(graph: CallGraph, file: string, expr: Expr): CallFact | undefined {
  return new Documents(graph, file).readingOf(expr, 0);
}

/** The call that gives the document, or the other server's answer, of which a value is a part. */
export function answerOf(graph: CallGraph, file: string, expr: Expr): CallFact | undefined {
  return new Documents(graph, file, true).readingOf(expr, 0);
}

/** Who is asked, not who answers: what a client sends is as long as the client likes, but most often a form. */
const ASKER = /^(req|request|ctx|context|c|event)$/i;

class Documents {
  constructor(
    private readonly graph: CallGraph,
    private readonly file: string,
    private readonly answers = false,
  ) {}

  /** The call that reads what a value is, or is a part of. */
  readingOf(expr: Expr, depth: number): CallFact | undefined {
    if (depth > 8) return undefined;
    switch (expr.k) {
      case "await":
      case "typed":
      case "member":
        return this.readingOf(expr.of, depth + 1);
      case "either":
        return this.#firstOf(expr.of, depth);
      case "var":
        return this.#firstOf(this.graph.program.valuesOf(this.file, expr.id), depth);
      case "call":
        return this.#ofCall(this.graph.program.call(this.file, expr.id), depth);
      default:
        return undefined;
    }
  }

  #firstOf(parts: readonly Expr[], depth: number): CallFact | undefined {
    for (const part of parts) {
      const reading = this.readingOf(part, depth + 1);
      if (reading) return reading;
    }
    return undefined;
  }

  #ofCall(call: CallFact, depth: number): CallFact | undefined {
    const { callee } = call;
    if (this.#isReading(call)) return call;
    if (callee.k !== "member") return undefined;
    if (callee.of.k === "global" && callee.of.name === "Object" && /^(keys|values|entries)$/.test(callee.name)) return call.args[0] && this.readingOf(call.args[0], depth + 1);
    return isArrayMethod(callee.name) || /^(filter|sort|flatMap|flat|slice|values|entries)$/.test(callee.name) ? this.readingOf(callee.of, depth + 1) : undefined;
  }

  #isReading(call: CallFact): boolean {
    const { callee } = call;
    if (callee.k === "var") return READS.test(this.#importOf(callee)?.name ?? "") && this.#isReader(callee);
    if (callee.k !== "member") return false;
    if (callee.name === "parse" && callee.of.k === "global" && callee.of.name === "JSON") return this.#isText(call.args[0]);
    if (READS.test(callee.name) && this.#isReader(callee.of)) return true;
    return this.answers && callee.name === "json" && call.args.length === 0 && !this.#isAsker(callee.of);
  }

  #isAsker(expr: Expr): boolean {
    if (expr.k === "member") return ASKER.test(expr.name) || this.#isAsker(expr.of);
    return expr.k === "var" && ASKER.test(this.graph.program.variable(this.file, expr.id).name);
  }

  #isReader(expr: Expr): boolean {
    if (expr.k === "member") return this.#isReader(expr.of);
    const made = expr.k === "call" ? this.graph.program.call(this.file, expr.id) : undefined;
    if (made !== undefined) return this.#isReader(made.callee);
    if (expr.k !== "var") return false;
    const imported = this.#importOf(expr);
    return imported ? READERS.test(imported.specifier) : this.graph.program.valuesOf(this.file, expr.id).some((value) => value.k === "call" && this.#isReader(value));
  }

  #importOf(expr: Extract<Expr, { k: "var" }>): { specifier: string; name: string } | undefined {
    return this.graph.program.variable(this.file, expr.id).import;
  }

  /** Text that came from outside: a parameter, or a file. A column of a row that holds JSON is small. */
  #isText(expr: Expr | undefined): boolean {
    if (expr?.k === "await" || expr?.k === "typed") return this.#isText(expr.of);
    if (expr?.k === "call") {
      const { callee } = this.graph.program.call(this.file, expr.id);
      const name = callee.k === "member" ? callee.name : callee.k === "var" ? this.graph.program.variable(this.file, callee.id).name : "";
      return /^readFile|^text$|^arrayBuffer$/.test(name) || (/^toString$|^decode$/.test(name) && callee.k === "member" && this.#isText(callee.of));
    }
    if (expr?.k !== "var") return false;
    const { kind } = this.graph.program.variable(this.file, expr.id);
    return kind === "param" || this.graph.program.valuesOf(this.file, expr.id).some((value) => this.#isText(value));
  }
}
