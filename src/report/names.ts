/** The formats that `--format` takes, in the order in which help shows them. Apart from the formats, so that help loads none of them. */
export const FORMAT_NAMES = ["text", "json", "sarif", "github", "html"] as const;

/** What a report's file name says of its format; `undefined` when nothing. */
export function formatOfFile(file: string): (typeof FORMAT_NAMES)[number] | undefined {
  const extension = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? "";
  if (extension === "txt") return "text";
  return FORMAT_NAMES.find((name) => name === extension);
}
