import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * R5, of the gate room: the changes that Stryker makes to it and some test of that room notices, in percent (`R5.mutation`), and the branches that its
 * tests take (`R5.branches`). What did not change since the last run is not tried again (`.stryker/`). Each survivor is named.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const room = 'src/domain/gate';
const config = 'bench/mutation/vitest.config.ts';

interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number } };
}

const noticed = new Set(['Killed', 'Timeout']);
const missed = new Set(['Survived', 'NoCoverage']);

console.log(`R5.branches ${await branchesTaken()}`);
const mutants = await mutantsOf();
const counted = mutants.filter(({ status }) => noticed.has(status) || missed.has(status));
const killed = counted.filter(({ status }) => noticed.has(status));
for (const { file, status, mutatorName, replacement, location } of counted)
  if (missed.has(status))
    console.log(`# ${file}:${location.start.line} ${mutatorName} ${status}: ${(replacement ?? '').slice(0, 80)}`);
console.log(`# ${killed.length} of ${counted.length} changes noticed`);
console.log(`R5.mutation ${((100 * killed.length) / counted.length).toFixed(1)}`);

/** In percent. */
async function branchesTaken(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'planwright-coverage-'));
  try {
    await run('vitest', [
      ...['run', '--config', config, '--coverage', `--coverage.include=${room}/**`],
      ...['--coverage.reporter=json-summary', `--coverage.reportsDirectory=${folder}`],
    ]);
    const { total } = JSON.parse(await readFile(join(folder, 'coverage-summary.json'), 'utf8')) as {
      readonly total: { readonly branches: { readonly pct: number } };
    };
    return total.branches.pct;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function mutantsOf(): Promise<readonly (Mutant & { readonly file: string })[]> {
  await run('stryker', ['run', 'bench/mutation/stryker.json']);
  const report = JSON.parse(await readFile(join(root, '.stryker/mutation.json'), 'utf8')) as MutationReport;
  return Object.entries(report.files).flatMap(([file, { mutants: found }]) =>
    found.map((mutant) => ({ ...mutant, file })),
  );
}

async function run(program: string, words: readonly string[]): Promise<void> {
  const child = spawn(join(root, 'node_modules/.bin', program), words, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}:\n${said.slice(-4_000)}`);
}
