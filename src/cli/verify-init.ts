export function initScenario(file: string | undefined): Promise<number> {
  return Promise.resolve(file === undefined ? 2 : 2);
}
