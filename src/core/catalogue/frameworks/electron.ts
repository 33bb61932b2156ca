import type { Framework } from "../framework.js";

/** What happens once in an application's life. https://www.electronjs.org/docs/latest/api/app#events */
const ONCE = /^(?:will-finish-launching|ready|window-all-closed|before-quit|will-quit|quit)$/;

/** The main process: https://www.electronjs.org/docs/latest/api/ipc-main. Windows send messages as often as somebody clicks. */
export const electron: Framework = {
  name: "electron",
  specifiers: ["electron", "electron/main"],
  types: [],
  callbackParams: [],
  registrations: [
    { path: /(?:^|\.)ipcMain\.(?:handle|handleOnce|on|once|addListener)$/, role: ({ literals }) => ({ role: "entry", kind: "event", label: `${literals[0] ?? "a"} message` }) },
    { path: /(?:^|\.)app\.(?:on|once)$/, role: ({ literals }) => (ONCE.test(literals[0] ?? "") ? { role: "once", label: `the application's ${literals[0]}` } : { role: "entry", kind: "event", label: `${literals[0] ?? "an"} event` }) },
  ],
  startups: [],
};
