import { createInterface } from "node:readline";
import type { Choice, FixSummary } from "../project/fix.js";
import { colorDiff } from "../report/index.js";
import { hasColor, painter } from "./terminal.js";

const HELP = `y  make this fix
n  leave it
a  make this one and all that follow
q  leave this one and all that follow; what was taken is made
?  this help
`;

const CHOICES: Record<string, Choice> = { y: "yes", yes: "yes", n: "no", no: "no", a: "all", all: "all", q: "quit", quit: "quit" };

/** Shows one fix after the other and asks what to do. The end of the input is `q`: nobody has agreed to the rest. */
export class Prompt {
  readonly #lines: AsyncIterator<string, undefined>;
  readonly #close: () => void;
  #number = 0;

  constructor(
    input: NodeJS.ReadStream,
    private readonly output: NodeJS.WriteStream,
  ) {
    const reader = createInterface({ input, output: input.isTTY ? output : undefined, terminal: input.isTTY });
    this.#lines = reader[Symbol.asyncIterator]();
    this.#close = () => reader.close();
  }

  readonly choose = async (fix: FixSummary, diff: string): Promise<Choice> => {
    const { bold, cyan, yellow, green, dim } = painter(this.output);
    this.#number++;
    this.output.write(`\n${bold(`${this.#number}. ${fix.rule}`)}  ${cyan(`${fix.file}:${fix.line}`)}  ${dim(fix.transform)}\n`);
    this.output.write(fix.safety === "safe" ? `${green("safe")}: it keeps its meaning.\n` : `${yellow("to review")}: ${fix.reason ?? ""}\n`);
    this.output.write(`${colorDiff(diff, hasColor(this.output))}`);
    for (;;) {
      this.output.write(`Make this fix? ${dim("[y,n,a,q,?]")} `);
      const line: IteratorResult<string, undefined> = await this.#lines.next();
      if (line.done === true) return "quit";
      const choice = CHOICES[line.value.trim().toLowerCase()];
      if (choice !== undefined) return choice;
      this.output.write(HELP);
    }
  };

  close(): void {
    this.#close();
  }
}
