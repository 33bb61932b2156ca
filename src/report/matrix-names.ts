/** The formats that `matrix --format` takes. Apart from the formats, so that help loads none of them. */
export const MATRIX_FORMAT_NAMES = ["text", "json", "markdown", "html"] as const;

export type MatrixFormatName = (typeof MATRIX_FORMAT_NAMES)[number];

/** What a file name says of the matrix's format; `undefined` when nothing. */
export function matrixFormatOfFile(file: string): MatrixFormatName | undefined {
  const extension = /\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? "";
  const others: Readonly<Record<string, MatrixFormatName>> = { txt: "text", md: "markdown" };
  return others[extension] ?? MATRIX_FORMAT_NAMES.find((name) => name === extension);
}
