/**
 * What is used of `typescript/unstable/sync`, the client of TypeScript 7's own server (`dist/api/sync/api.d.ts` and `dist/api/fs.d.ts` of
 * typescript 7.0.2). It calls itself unstable: what is asked of it is proved when a server starts, and what it answers is looked at.
 */
export interface NativeApi {
  parseConfigFile(file: string): { options: { paths?: Record<string, string[]>; pathsBasePath?: string } };
  updateSnapshot(params: { openProjects?: string[]; closeProjects?: string[]; fileChanges?: FileChanges }): NativeSnapshot;
  close(): void;
}

export interface NativeApiModule {
  API: new (options: { cwd: string; fs: VirtualFileSystem }) => NativeApi;
}

export interface FileChanges {
  changed: string[];
  created: string[];
  deleted: string[];
}

/** Each answers `undefined` where the disk shall be asked. */
export interface VirtualFileSystem {
  readFile: (name: string) => string | undefined;
  fileExists: (name: string) => true | undefined;
  directoryExists: (name: string) => true | undefined;
  getAccessibleEntries: (name: string) => { files: string[]; directories: string[] } | undefined;
}

export interface NativeSnapshot {
  getProject(configFile: string): { program: NativeProgram } | undefined;
  dispose(): void;
}

export interface NativeProgram {
  getSourceFileNames(): readonly string[];
  getSyntacticDiagnostics(file: string): readonly NativeDiagnostic[];
  getSemanticDiagnostics(file: string): readonly NativeDiagnostic[];
  getDeclarationDiagnostics(file: string): readonly NativeDiagnostic[];
  getProgramDiagnostics(): readonly NativeDiagnostic[];
}

export interface NativeDiagnostic {
  fileName?: string;
  /** In UTF-16 code units. */
  pos: number;
  code: number;
  text: string;
  messageChain?: readonly NativeDiagnostic[];
}
