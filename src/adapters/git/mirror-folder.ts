import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** git holds a lock for milliseconds; one that is older than this was left by a process that is no more. */
const lockPatienceMs = 2000;

/** HEAD names a branch that is never born, so that git finds no attributes or submodules to read from a tree by itself. */
const head = 'ref: refs/heads/never-born\n';
const config = '[core]\n\trepositoryformatversion = 0\n\tfilemode = false\n\tbare = true\n\tlogAllRefUpdates = false\n';

/**
 * Makes sure that `mirror` is a sound bare repository with our configuration: what a killed process left (locks, half-written packs, half-made
 * folders) is cleared, and a folder that is no repository any more is made anew by `init`. Idempotent; not to be run while git writes there.
 */
export async function prepareMirror(mirror: string, init: (folder: string) => Promise<void>): Promise<void> {
  await removeLeftovers(mirror);
  if (await isWhole(mirror)) {
    await clearLeavings(mirror);
    await writeConfig(mirror);
    return;
  }
  await removeMirror(mirror);
  const fresh = `${mirror}.new-${randomUUID()}`;
  await init(fresh);
  await writeFile(join(fresh, 'HEAD'), head);
  await writeConfig(fresh);
  await rename(fresh, mirror);
}

/** Takes the folder away in one step, then deletes it; a crash in between leaves nothing that looks like a mirror. */
export async function removeMirror(mirror: string): Promise<void> {
  const away = `${mirror}.old-${randomUUID()}`;
  try {
    await rename(mirror, away);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  await rm(away, { recursive: true, force: true });
}

/** Removes stale locks and half-written files; a young lock is given time to be released first. */
export async function clearLeavings(mirror: string): Promise<void> {
  const files = await readdir(mirror, { recursive: true });
  for (const file of files) {
    const path = join(mirror, file);
    if (file.endsWith('.lock')) await removeLock(path);
    else if (isHalfWritten(file)) await rm(path, { recursive: true, force: true });
  }
}

/** How many packs the mirror holds: each fetch adds one. */
export async function countPacks(mirror: string): Promise<number> {
  const files = await readdir(join(mirror, 'objects', 'pack'));
  return files.filter((file) => file.endsWith('.pack')).length;
}

function isHalfWritten(file: string): boolean {
  if (!file.startsWith('objects')) return false;
  const name = file.slice(file.lastIndexOf('/') + 1);
  // A `.keep` is index-pack's own guard for the moment between a pack's arrival and its ref's update.
  return name.startsWith('tmp_') || name.startsWith('.tmp-') || name.endsWith('.keep');
}

async function removeLock(path: string): Promise<void> {
  try {
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    if (ageMs < lockPatienceMs) await sleep(lockPatienceMs - Math.max(ageMs, 0));
    await rm(path, { force: true });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

async function removeLeftovers(mirror: string): Promise<void> {
  const folder = join(mirror, '..');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const prefix = mirror.slice(folder.length + 1);
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${prefix}.new-`) || name.startsWith(`${prefix}.old-`)) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}

async function isWhole(mirror: string): Promise<boolean> {
  try {
    const parts = await Promise.all(['objects', 'refs'].map((part) => stat(join(mirror, part))));
    return parts.every((part) => part.isDirectory()) && (await readFile(join(mirror, 'HEAD'), 'utf8')) === head;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function writeConfig(mirror: string): Promise<void> {
  const path = join(mirror, 'config');
  const fresh = `${path}.new`;
  await writeFile(fresh, config);
  await rename(fresh, path);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
