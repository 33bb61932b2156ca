import type { Outside } from "./index.js";

const OPERATIONS = "access|appendFile|chmod|chown|copyFile|cp|glob|lchown|link|lstat|lutimes|mkdir|mkdtemp|open|opendir|readdir|readFile|readlink|realpath|rename|rm|rmdir|stat|statfs|symlink|truncate|unlink|utimes|writeFile";
const EXTRA = "copy|emptyDir|ensureDir|ensureFile|ensureLink|ensureSymlink|mkdirp|mkdirs|move|outputFile|outputJson|pathExists|readJson|remove|writeJson";
const HANDLE = /^(appendFile|chmod|chown|close|datasync|read|readFile|readv|stat|sync|truncate|utimes|write|writeFile|writev)$/;

/** Files that are awaited. Those read in one go block the thread as well, but they are over when the call returns. */
export const FILES: readonly Outside[] = [
  // https://nodejs.org/api/fs.html#promises-api
  { what: "file", modules: ["node:fs/promises", "fs/promises"], functions: new RegExp(`^(${OPERATIONS})$`), methods: HANDLE },
  { what: "file", modules: ["node:fs", "fs"], functions: new RegExp(`^promises\\.(${OPERATIONS})$`) },
  // https://github.com/jprichardson/node-fs-extra#methods
  { what: "file", modules: ["fs-extra"], functions: new RegExp(`^(${OPERATIONS}|${EXTRA})$`) },
  // https://github.com/overlookmotel/fs-extra-promise#usage
  { what: "file", modules: ["fs-extra-promise"], functions: new RegExp(`^(${OPERATIONS}|${EXTRA})Async$`) },
  { what: "file", modules: ["rimraf"], functions: /^(|rimraf)$/ },
];
