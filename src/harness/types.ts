export type * from "../core/measured.js";
