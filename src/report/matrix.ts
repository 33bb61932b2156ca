import { matrixHtml } from "./matrix-html.js";
import { matrixJson } from "./matrix-json.js";
import { matrixMarkdown } from "./matrix-markdown.js";
import type { MatrixFormat } from "./matrix-model.js";
import type { MatrixFormatName } from "./matrix-names.js";
import { matrixText } from "./matrix-text.js";

/** Every format of the matrix by the name that `--format` takes. */
export const MATRIX_FORMATS: Readonly<Record<MatrixFormatName, MatrixFormat>> = { text: matrixText, json: matrixJson, markdown: matrixMarkdown, html: matrixHtml };

export type { MatrixDiffInput, MatrixFormat, MatrixInput, MatrixOptions } from "./matrix-model.js";
