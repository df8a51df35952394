import { readdir, readFile } from 'node:fs/promises';

export interface GitProcess {
  readonly pid: number;
  readonly command: string;
  readonly environment: string;
}

/** Every process of this machine whose command line can be read (Linux). */
export async function everyCommandLine(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => contents(`/proc/${pid}/cmdline`)));
}

/** The running git processes that work on a mirror in this folder. */
export async function gitProcessesIn(directory: string): Promise<readonly GitProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  const processes = await Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      command: (await contents(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ').trim(),
      environment: await contents(`/proc/${pid}/environ`),
    })),
  );
  return processes.filter(({ command, environment }) => command !== '' && environment.includes(`GIT_DIR=${directory}`));
}

async function contents(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    // The process has ended meanwhile.
    return '';
  }
}
