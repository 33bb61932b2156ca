import type { ProviderDetail } from "./finding.js";

/** What changes when a container makes one for the process, where it made one for each request. */
export function madeOnce({ name, along }: ProviderDetail): string {
  const shown = along.slice(0, 5).map((one) => `\`${one}\``);
  const rest = along.length - shown.length;
  const also = along.length === 0 ? "" : `, and so are the classes that are made for each request because they have it injected (${shown.join(", ")}${rest > 0 ? ` and ${rest} more` : ""})`;
  return `\`${name}\` is made once, when the program starts, where each request had one of its own${also}; its \`onModuleInit\` and \`onModuleDestroy\`, if it has them, run from now on`;
}

/** Why a container must go on making one for each request. */
export function whyPerRequest(obstacles: ProviderDetail["obstacles"]): string {
  return `${obstacles.map(({ what, file, span }) => (file === undefined || span === undefined ? what : `${what} (${file}:${span.line})`)).join("; ")}. Move the session into a provider of its own that nothing of the request is injected into`;
}
