import type { Socket } from "node:net";

/** Calls `take` with every JSON line that comes over a socket. What is no JSON ends the connection. */
export function readJsonLines<T>(socket: Socket, take: (message: T) => void): void {
  let rest = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      let message: T;
      try {
        message = JSON.parse(line) as T;
      } catch {
        socket.destroy();
        return;
      }
      take(message);
    }
  });
}

export function writeJsonLine(socket: Socket, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}
