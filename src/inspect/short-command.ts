/** Characters of a command line that people are shown in a sentence; the JSON has more. */
const LONGEST = 60;

/** A command line as people know it: the program without its folder, and only the beginning of what it was given. */
export function shortCommand(command: string): string {
  const [program = "", ...rest] = command.replace(/\s+/g, " ").split(" ");
  const short = [program.startsWith("/") ? program.slice(program.lastIndexOf("/") + 1) : program, ...rest].join(" ");
  return short.length > LONGEST ? `${short.slice(0, LONGEST - 1)}…` : short;
}
