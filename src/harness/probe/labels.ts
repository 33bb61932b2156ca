/** For whom a process works at a moment: the request that it answers, told by the actor's name or by its own path. */
import { AsyncLocalStorage } from "node:async_hooks";
import { type IncomingMessage, Server as HttpServer } from "node:http";
import { ACTOR_HEADER } from "./protocol.js";

const requests = new AsyncLocalStorage<string>();

export function currentLabel(): string | undefined {
  return requests.getStore();
}

/** Runs every HTTP request, with all that it starts, under its label. */
export function labelRequests(): void {
  type Emit = (this: HttpServer, event: string | symbol, ...args: unknown[]) => boolean;
  const prototype = HttpServer.prototype as unknown as { emit: Emit };
  const emit = prototype.emit;
  prototype.emit = function (event, ...args) {
    if (event !== "request") return emit.call(this, event, ...args);
    const request = args[0] as IncomingMessage;
    const label = labelOf(request);
    keepLabel(request, label);
    return requests.run(label, () => emit.call(this, event, ...args));
  };
}

/** The body's `data` and `end` come from the socket's own context, not from the request's: handlers often begin there. */
function keepLabel(request: IncomingMessage, label: string): void {
  const emit = request.emit.bind(request) as (event: string, ...args: unknown[]) => boolean;
  request.emit = (event: string, ...args: unknown[]) => requests.run(label, () => emit(event, ...args));
}

function labelOf(request: IncomingMessage): string {
  const actor = request.headers[ACTOR_HEADER];
  return typeof actor === "string" ? actor : `${request.method ?? ""} ${shapeOf(request.url ?? "")}`;
}

/** `/orders/17/items?page=2` as `/orders/:id/items`: what many requests share. */
export function shapeOf(url: string): string {
  const [path = ""] = url.split("?");
  return path.replace(/\/(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|(?=[^/]*\d)[\w-]{16,})(?=\/|$)/gi, "/:id");
}
