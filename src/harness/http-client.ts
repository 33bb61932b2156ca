import { Agent, request as httpRequest } from "node:http";
import { ACTOR_HEADER } from "./probe/protocol.js";

export interface HttpAnswer {
  /** 0 when no answer came. */
  status: number;
  body: unknown;
  /** Why the request failed: the answer's code, else `HTTP_<status>`, else `CLIENT_…`; undefined below 400. */
  errorCode: string | undefined;
}

export interface SendOptions {
  /** Default one minute. */
  timeoutMs?: number;
  /** On whose behalf, for the locks that the program takes for it. Default nobody's. */
  actor?: string;
  /** Sent besides those of the client. Default none. */
  headers?: Record<string, string>;
}

/** One client of one server process, over real connections that are kept alive. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  readonly #headers: Record<string, string>;

  /** @param headers sent with every request. Default none. */
  constructor(port: number, headers: Record<string, string> = {}) {
    this.#port = port;
    this.#headers = headers;
  }

  /** Never rejects: a request without an answer gives status 0. */
  send(method: string, path: string, body?: unknown, { timeoutMs = 60_000, actor, headers: extra = {} }: SendOptions = {}): Promise<HttpAnswer> {
    return new Promise((resolve) => {
      const payload = body === undefined ? undefined : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
      const headers: Record<string, string | number> = {
        ...this.#headers,
        ...(payload && { "content-type": "application/json", "content-length": payload.byteLength }),
        ...(actor !== undefined && { [ACTOR_HEADER]: actor }),
        ...extra,
      };
      const fail = (code: string): void => resolve({ status: 0, body: undefined, errorCode: code });
      const request = httpRequest(
        { host: "127.0.0.1", port: this.#port, agent: this.#agent, method, path, headers },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", () => fail("CLIENT_BROKEN_ANSWER"));
          response.on("end", () => {
            clearTimeout(timer);
            resolve(readAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString("utf8")));
          });
        },
      );
      const timer = setTimeout(() => request.destroy(new Error("timeout")), timeoutMs);
      request.on("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        fail(error.message === "timeout" ? "CLIENT_TIMEOUT" : `CLIENT_${error.code ?? "ERROR"}`);
      });
      request.end(payload);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function readAnswer(status: number, text: string): HttpAnswer {
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: kept as text.
  }
  if (status < 400) return { status, body, errorCode: undefined };
  const code = typeof body === "object" && body !== null && "code" in body ? body.code : undefined;
  return { status, body, errorCode: typeof code === "string" ? code : `HTTP_${status}` };
}
