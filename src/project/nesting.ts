/**
 * The native parser does not check its stack: it ends the whole process at some 2500 nested functions in a worker
 * thread (4 MB of stack, oxc-parser 0.154). No program that people write comes near a third of that.
 */
const MAX_NESTING = 800;

/**
 * Without any bracket the same happens: `a => a => …`, `A<A<…`, `if (a) if (a) …`, `a = b = …`, `!!!…`, a sum of tens
 * of thousands. The parser ends the process at 2,900 type arguments, 4,900 arrows, 6,400 conditionals, 7,900 `for`s,
 * 8,400 assignments, 18,000 operators of one statement (measured in a worker thread); these weights keep below all.
 */
const MAX_WEIGHT = 20_000;
const WORD = 3;
const ANGLE = 7;
const ARROW = 3;

const STRINGS = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/.*|\/\*[^]*?\*\/`;
const TEXT = new RegExp(STRINGS, "g");
const TEXT_OR_TEMPLATE = new RegExp(`${STRINGS}|${String.raw`\`(?:[^\`\\]|\\[^])*\``}`, "g");

/** Why the parser cannot be given this text; undefined when it can. Linear in the text. */
export function tooDeep(source: string): string | undefined {
  const rough = measure(source);
  // Text in quotes and comments counted as well so far.
  if (rough.brackets > MAX_NESTING) {
    const { brackets } = measure(source.replace(TEXT, blank));
    if (brackets > MAX_NESTING) return `brackets nest ${brackets} deep, more than ${MAX_NESTING} are not analysed`;
  }
  // Templates may hold whole documents; what nests in their holes nests by brackets.
  if (rough.weight > MAX_WEIGHT && measure(source.replace(TEXT_OR_TEMPLATE, blank)).weight > MAX_WEIGHT) {
    return "one statement has too many operators, and may nest too deeply to be analysed";
  }
  return undefined;
}

function blank(text: string): string {
  return text.startsWith("/") ? " " : '""';
}

interface Depth {
  brackets: number;
  /** Of the weightiest stretch that may be one statement. */
  weight: number;
}

function measure(source: string): Depth {
  const most: Depth = { brackets: 0, weight: 0 };
  // A statement goes on after a bracket that is closed: each level keeps its own count.
  const outer: number[] = [];
  let weight = 0;
  let inWord = false;
  let last = 0;
  let brokeLine = false;
  for (let i = 0; i < source.length; i++) {
    const code = source.charCodeAt(i);
    if (isWord(code)) {
      if (inWord) continue;
      // Code without semicolons: what follows an operator, or begins with one, goes on; so does `else`.
      if ((brokeLine || last === CLOSE_BRACE) && !isOperator(last) && !source.startsWith("else", i)) weight = 0;
      weight += WORD;
      inWord = true;
    } else {
      inWord = false;
      if (code === 0x20 || code === 0x09 || code === 0x0d) continue;
      if (code === 0x0a) {
        brokeLine = true;
        continue;
      }
      if (code === 0x28 || code === 0x5b || code === 0x7b) {
        outer.push(weight);
        weight = 0;
        if (outer.length > most.brackets) most.brackets = outer.length;
      } else if (code === 0x29 || code === 0x5d || code === CLOSE_BRACE) weight = outer.pop() ?? 0;
      else if (code === 0x2c || code === 0x3b) weight = 0;
      else if (code === 0x3c) weight += ANGLE;
      else if (code === 0x3e && last === 0x3d) weight += ARROW;
      else if (isOperator(code)) weight++;
    }
    if (weight > most.weight) most.weight = weight;
    last = code;
    brokeLine = false;
  }
  return most;
}

const CLOSE_BRACE = 0x7d;

function isWord(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x24 || code > 0x7f;
}

/** `! % & * + - . / : < = > ? ^ | ~ @`, and the backtick that tags. */
function isOperator(code: number): boolean {
  switch (code) {
    case 0x21: case 0x25: case 0x26: case 0x2a: case 0x2b: case 0x2d: case 0x2e: case 0x2f: case 0x3a: case 0x3c:
    case 0x3d: case 0x3e: case 0x3f: case 0x5e: case 0x7c: case 0x7e: case 0x40: case 0x60:
      return true;
    default:
      return false;
  }
}
