import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `node bench/run.ts NAME` runs one benchmark, without a name all of them, and then writes what they said into docs/performance.md. A
 * benchmark prints figures (`P4 0.83`) and remarks (`# …`); a poor figure fails nothing, a benchmark that cannot run does.
 */
const beginMark = '<!-- figures: written by `npm run bench` -->';
const endMark = '<!-- end of figures -->';
const page = new URL('../docs/performance.md', import.meta.url);
const newPage = `# Performance\n\nRatios of one run on one machine; see bench/ for how each is measured.\n\n${beginMark}\n${endMark}\n`;

/** What is aimed at; figures without one are there to be compared. */
const goals: Readonly<Record<string, string>> = {
  P1: '≥ 60',
  P2: '≥ 150',
  'P2.requests': '≤ 2',
  P3: '≤ 1.3',
  P4: '≥ 0.6',
  'P4-postgres': '≥ 0.6',
  'P4-p99': '≤ 3',
  'P4-p99-postgres': '≤ 3',
  P5: '≤ 2',
  P9: '≥ 1',
  'R5.branches': '100',
  'R5.mutation': '≥ 90',
};

interface Outcome {
  readonly bench: string;
  readonly lines: readonly string[];
  readonly exitStatus: number;
}

const benches = await benchNames();
const [wanted] = process.argv.slice(2);
if (wanted !== undefined && !benches.includes(wanted)) {
  console.error(`there is no benchmark ${JSON.stringify(wanted)}; there are: ${benches.join(', ')}`);
  process.exit(2);
}
const outcomes: Outcome[] = [];
for (const bench of wanted === undefined ? benches : [wanted]) outcomes.push(await run(bench));
if (wanted === undefined) await writePage(outcomes);
process.exitCode = outcomes.some(({ exitStatus }) => exitStatus !== 0) ? 1 : 0;

async function benchNames(): Promise<string[]> {
  const files = await readdir(new URL('.', import.meta.url));
  const self = basename(fileURLToPath(import.meta.url));
  return files
    .filter((file) => file.endsWith('.ts') && file !== self)
    .map((file) => basename(file, '.ts'))
    .sort();
}

/** Shows the lines as they come. */
async function run(bench: string): Promise<Outcome> {
  const file = fileURLToPath(new URL(`${bench}.ts`, import.meta.url));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    process.stdout.write(text);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { bench, lines: said.split('\n').filter((line) => line !== ''), exitStatus: code ?? 1 };
}

async function writePage(all: readonly Outcome[]): Promise<void> {
  const text = await readFile(page, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return newPage;
  });
  const begin = text.indexOf(beginMark);
  const end = text.indexOf(endMark, begin);
  if (begin < 0 || end < 0) {
    throw new Error(
      `docs/performance.md has no place for the figures: put \`${beginMark}\` and \`${endMark}\` into it`,
    );
  }
  const before = text.slice(0, begin + beginMark.length);
  await writeFile(page, `${before}\n\n${figures(all)}\n\n${text.slice(end)}`);
}

function figures(all: readonly Outcome[]): string {
  const rows = all.flatMap(({ bench, lines }) =>
    lines
      .filter((line) => !line.startsWith('#'))
      .map((line) => {
        const [figure = '', ...value] = line.split(' ');
        return `| ${figure} | ${value.join(' ')} | ${goals[figure] ?? ''} | \`npm run bench -- ${bench}\` |`;
      }),
  );
  const remarks = all.flatMap(({ lines }) =>
    lines.filter((line) => line.startsWith('#')).map((line) => `- ${line.slice(1).trim()}`),
  );
  const machine = `Measured with Node ${process.versions.node} on ${availableParallelism()} cores of ${process.platform} ${process.arch}.`;
  return ['| figure | measured | goal | command |', '|---|---|---|---|', ...rows, '', machine, '', ...remarks].join(
    '\n',
  );
}
