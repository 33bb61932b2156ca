import type { CallbackRole, Framework } from "../framework.js";

/** Events of `app` that come once in its life. `activate`, `second-instance` and the rest come again. */
const ONCE = /^(will-finish-launching|ready|window-all-closed|before-quit|will-quit|quit)$/;

const START: CallbackRole = { role: "once", label: "start-up" };

/** https://www.electronjs.org/docs/latest/api/ipc-main, https://www.electronjs.org/docs/latest/api/app, https://www.electronjs.org/docs/latest/api/protocol */
export const electron: Framework = {
  name: "Electron",
  specifiers: ["electron", "electron/main"],
  aliases: [{ path: /^default\./, as: "" }],
  types: ["IpcMain", "Electron.IpcMain"].map((type) => ({ type, as: "ipcMain", global: type.includes(".") })),
  callbackParams: [],
  registrations: [
    { path: /^ipcMain\.(handle|on|addListener)$/, role: ({ literals }) => ({ role: "entry", kind: "handler", label: `IPC ${literals[0] ?? "message"}` }) },
    { path: /^protocol\.handle$/, role: ({ literals }) => ({ role: "entry", kind: "handler", label: `protocol ${literals[0] ?? ""}`.trim() }) },
    { path: /^app\.(on|once|addListener)$/, role: ({ literals }) => (ONCE.test(literals[0] ?? "") ? START : { role: "entry", kind: "event", label: `${literals[0] ?? "app"} event` }) },
  ],
  startups: [],
};
