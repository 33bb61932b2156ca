/** A command line as people know it: the program without its folder. */
export function shortCommand(command: string): string {
  const [program = "", ...rest] = command.split(" ");
  return [program.startsWith("/") ? program.slice(program.lastIndexOf("/") + 1) : program, ...rest].join(" ");
}
