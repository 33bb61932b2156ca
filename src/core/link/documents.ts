import type { CallFact, Expr, LoopFact } from "../facts/types.js";
import { isArrayMethod } from "./builtins.js";
import type { CallGraph } from "./calls.js";

/** Packages whose functions read a document's text: what they give is as long as the document. */
const READERS = /^(papaparse|csv-parse|csv-parser|csvtojson|fast-csv|@fast-csv\/parse|neat-csv|xlsx|exceljs|node-xlsx|read-excel-file|xml2js|fast-xml-parser|xml-js|sax|js-yaml|yaml|jsdom|cheerio|node-html-parser|himalaya|ical|node-ical|vcf|ndjson|jsonstream|stream-json)(\/|$)/;
const READS = /^(parse|parseSync|parseString|parseStringPromise|parseAsync|fromString|fromFile|sheet_to_json|load|loadAll|safeLoad|xml2js|readXlsxFile|toJson)$/;

/** Whether a loop goes over what was read from a document: a CSV, XML, YAML or spreadsheet file, or JSON text that came from outside. */
export function isOverDocument(graph: CallGraph, file: string, { bound }: LoopFact): boolean {
  return bound.k === "over" && new Documents(graph, file).isPart(bound.over, 0);
}

/** Whether a loop goes over a document, or over what another server answered: `await response.json()`. */
export function isOverReceived(graph: CallGraph, file: string, { bound }: LoopFact): boolean {
  return bound.k === "over" && new Documents(graph, file, true).isPart(bound.over, 0);
}

/** Who is asked, not who answers: what a client sends is as long as the client likes, but most often a form. */
const ASKER = /^(req|request|ctx|context|c|event)$/i;

class Documents {
  constructor(
    private readonly graph: CallGraph,
    private readonly file: string,
    private readonly answers = false,
  ) {}

  isPart(expr: Expr, depth: number): boolean {
    if (depth > 8) return false;
    switch (expr.k) {
      case "await":
      case "typed":
      case "member":
        return this.isPart(expr.of, depth + 1);
      case "either":
        return expr.of.some((part) => this.isPart(part, depth + 1));
      case "var":
        return this.graph.program.valuesOf(this.file, expr.id).some((value) => this.isPart(value, depth + 1));
      case "call":
        return this.#isReading(this.graph.program.call(this.file, expr.id), depth);
      default:
        return false;
    }
  }

  #isReading(call: CallFact, depth: number): boolean {
    const { callee } = call;
    if (callee.k === "var") return READS.test(this.#importOf(callee)?.name ?? "") && this.#isReader(callee);
    if (callee.k !== "member") return false;
    if (callee.name === "parse" && callee.of.k === "global" && callee.of.name === "JSON") return this.#isText(call.args[0]);
    if (READS.test(callee.name) && this.#isReader(callee.of)) return true;
    if (this.answers && callee.name === "json" && call.args.length === 0) return !this.#isAsker(callee.of);
    if (callee.of.k === "global" && callee.of.name === "Object" && /^(keys|values|entries)$/.test(callee.name)) return call.args[0] !== undefined && this.isPart(call.args[0], depth + 1);
    return (isArrayMethod(callee.name) || /^(filter|sort|flatMap|flat|slice|values|entries)$/.test(callee.name)) && this.isPart(callee.of, depth + 1);
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
