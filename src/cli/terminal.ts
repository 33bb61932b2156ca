import pc from "picocolors";

/** Whether a stream takes colours: only a terminal does, unless the user says otherwise by NO_COLOR or FORCE_COLOR. */
export function hasColor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export function painter(stream: NodeJS.WriteStream): ReturnType<typeof pc.createColors> {
  return pc.createColors(hasColor(stream));
}

/** For what goes into a file. */
export function plainPainter(): ReturnType<typeof pc.createColors> {
  return pc.createColors(false);
}

export function widthOf(stream: NodeJS.WriteStream): number {
  return stream.isTTY === true ? stream.columns : 100;
}

/** One line on stderr that is written over again and again; nothing at all unless stderr is a terminal. */
export class Progress {
  private readonly enabled: boolean;
  private shownAt = 0;
  private shown = false;

  constructor(
    private readonly stream: NodeJS.WriteStream = process.stderr,
    quiet = false,
  ) {
    this.enabled = !quiet && stream.isTTY === true && process.env["TERM"] !== "dumb" && !process.env["CI"];
  }

  update(message: string): void {
    const now = Date.now();
    // More than ten times a second nobody can read, and writing costs time.
    if (!this.enabled || now - this.shownAt < 100) return;
    this.shownAt = now;
    this.shown = true;
    this.stream.write(`\r\u001b[2K${message.slice(0, widthOf(this.stream) - 1)}`);
  }

  clear(): void {
    if (this.shown) this.stream.write("\r\u001b[2K");
    this.shown = false;
  }
}
