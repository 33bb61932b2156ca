import { emitKeypressEvents } from "node:readline";

const CSI = "\u001b[";

/**
 * The whole terminal for a while: the alternate screen, so that what was there comes back; a frame is written in one piece over the last
 * one, so that nothing flickers.
 */
export class Screen {
  /** The user wants to end. */
  ended = false;
  paused = false;
  #keyHandler: (key: string) => void = () => {};
  #resizeHandler: () => void = () => {};
  readonly #onKeypress = (text: string | undefined, key: { name?: string; ctrl?: boolean }): void => {
    if (text === "q" || key.name === "escape" || (key.ctrl === true && (key.name === "c" || key.name === "d"))) this.ended = true;
    else if (text === "p") this.paused = !this.paused;
    this.#keyHandler(text ?? "");
  };
  readonly #onResize = (): void => {
    this.#stream.write(`${CSI}2J`);
    this.#resizeHandler();
  };
  readonly #restore = (): void => void this.#stream.write(`${CSI}?25h${CSI}?1049l`);

  readonly #stream: NodeJS.WriteStream;
  readonly #input: NodeJS.ReadStream;

  constructor(stream = process.stdout, input = process.stdin) {
    this.#stream = stream;
    this.#input = input;
    stream.write(`${CSI}?1049h${CSI}?25l${CSI}2J`);
    stream.on("resize", this.#onResize);
    // Also where the program ends by an exception: a terminal without a cursor is nobody's joy.
    process.once("exit", this.#restore);
    if (input.isTTY) {
      emitKeypressEvents(input);
      input.setRawMode(true);
      input.on("keypress", this.#onKeypress);
      input.resume();
    }
  }

  get width(): number {
    return this.#stream.columns;
  }

  get height(): number {
    return this.#stream.rows;
  }

  onKey(handler: (key: string) => void): void {
    this.#keyHandler = handler;
  }

  onResize(handler: () => void): void {
    this.#resizeHandler = handler;
  }

  draw(lines: readonly string[]): void {
    this.#stream.write(`${CSI}H${lines.map((line) => `${line}${CSI}K`).join("\r\n")}${CSI}J`);
  }

  close(): void {
    this.#stream.off("resize", this.#onResize);
    process.off("exit", this.#restore);
    if (this.#input.isTTY) {
      this.#input.off("keypress", this.#onKeypress);
      this.#input.setRawMode(false);
      this.#input.pause();
    }
    this.#restore();
  }
}
