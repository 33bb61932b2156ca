import type { Command } from "commander";
export function addUndoCommand(_program: Command): void {}
