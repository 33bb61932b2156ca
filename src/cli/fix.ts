import type { Command } from "commander";
export function addFixCommand(_program: Command): void {}
