/** The path that `written` means in a directory of the repository; '' is the root. Undefined when it is absolute or leads out of the repository. */
export function resolvePath(directory: string, written: string): string | undefined {
  if (written.startsWith('/')) return undefined;
  const names = directory === '' ? [] : directory.split('/');
  for (const name of written.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') names.push(name);
    else if (names.pop() === undefined) return undefined;
  }
  return names.join('/');
}

/** The path of a name in a directory; '' is the root. */
export function pathIn(directory: string, name: string): string {
  return directory === '' ? name : `${directory}/${name}`;
}

/** The directories above a path, the nearest first, the root last. */
export function* directoriesAbove(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) yield path.slice(0, end);
  yield '';
}
