import { RUNTIME } from "../../contract.js";
import type { Framework } from "../framework.js";

/** sessionfix-runtime itself: what it is given to open sessions with runs once a file, whoever asks. */
export const sessionfixRuntime: Framework = {
  name: RUNTIME.specifier,
  specifiers: [RUNTIME.specifier],
  types: [],
  callbackParams: [],
  registrations: [
    { path: /^createSessionFactory$/, role: ({ property }) => (property === "open" || property === "close" ? { role: "once", label: "the session factory" } : undefined) },
  ],
  startups: [],
};
