import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { once } from "node:events";
import { onCleanup } from "../../support/database.js";

/** What becomes of a statement on its way, and of its answer. */
export type Fault = "none" | "lose the statement" | "lose the answer" | "never answer";

/** A network between client and server that can break at a statement of the simple protocol. */
export class Proxy {
  fault: Fault = "none";
  statement = "";
  readonly #sockets = new Set<Socket>();

  private constructor(readonly port: number) {}

  static async to(serverPort: number): Promise<Proxy> {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const proxy = new Proxy((listener.address() as AddressInfo).port);
    listener.on("connection", (client) => { proxy.#join(client, connect(serverPort, "127.0.0.1")); });
    onCleanup(() => {
      listener.close();
      proxy.cut();
    });
    return proxy;
  }

  url(url: string): string {
    return url.replace(/:\d+\//, `:${this.port}/`);
  }

  /** Ends all connections at once. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, server: Socket): void {
    let broken: Fault = "none";
    const end = (): void => { client.destroy(); server.destroy(); };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", end);
      socket.on("close", () => { this.#sockets.delete(socket); end(); });
    }
    client.on("data", (chunk) => {
      if (this.fault !== "none" && chunk.includes(`${this.statement}\0`)) broken = this.fault;
      if (broken === "lose the statement") end();
      else server.write(chunk);
    });
    server.on("data", (chunk) => {
      if (broken === "none") client.write(chunk);
      else if (broken === "lose the answer") end();
    });
  }
}
