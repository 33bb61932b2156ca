import { randomUUID } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { readJsonLines, writeJsonLine } from "./json-lines.js";
import type { FromProbe, ToProbe } from "./probe/protocol.js";
import type { ProcessReport } from "./types.js";

/** The harness's end of the line to the watched processes of one server: itself, and what it starts. */
export class Control {
  readonly #server: Server;
  readonly #token: string;
  readonly #probes = new Map<Socket, Waiting>();
  readonly #onListening: (port: number) => void;

  private constructor(server: Server, onListening: (port: number) => void) {
    this.#server = server;
    this.#token = randomUUID();
    this.#onListening = onListening;
    server.on("connection", (socket) => this.#greet(socket));
  }

  /** Waits on the loopback interface, on a free port. @param onListening told of each port that a process listens on. */
  static async open(onListening: (port: number) => void): Promise<Control> {
    const server = createServer();
    const control = new Control(server, onListening);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    server.unref();
    return control;
  }

  /** What a process needs to know to find this end. */
  get address(): string {
    const address = this.#server.address();
    return `${typeof address === "object" && address !== null ? address.port : 0}:${this.#token}`;
  }

  /** Begins the count anew in every process. */
  async reset(): Promise<void> {
    await Promise.all([...this.#probes].map(([socket, waiting]) => ask(socket, waiting, { type: "reset" })));
  }

  /** What each process did since the last reset, in the order in which they started. */
  async report(): Promise<ProcessReport[]> {
    const answers = await Promise.all([...this.#probes].map(([socket, waiting]) => ask(socket, waiting, { type: "report" })));
    return answers.flatMap((answer) => (answer?.type === "report" ? [answer.report] : []));
  }

  close(): void {
    for (const socket of this.#probes.keys()) socket.destroy();
    this.#server.close();
  }

  #greet(socket: Socket): void {
    socket.unref();
    socket.on("error", () => undefined);
    socket.on("close", () => {
      for (const answer of this.#probes.get(socket)?.splice(0) ?? []) answer(undefined);
      this.#probes.delete(socket);
    });
    readJsonLines<FromProbe>(socket, (message) => {
      if (message.type === "hello" && message.token === this.#token) this.#probes.set(socket, []);
      const waiting = this.#probes.get(socket);
      if (waiting === undefined) socket.destroy();
      else if (message.type === "listening") this.#onListening(message.port);
      else if (message.type !== "hello") waiting.shift()?.(message);
    });
  }
}

/** Questions under way, oldest first: a probe answers in order. A process that ends answers none. */
type Waiting = Array<(answer: FromProbe | undefined) => void>;

function ask(socket: Socket, waiting: Waiting, question: ToProbe): Promise<FromProbe | undefined> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    writeJsonLine(socket, question);
  });
}
