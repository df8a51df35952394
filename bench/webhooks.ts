import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { databaseServer, embeddedPlace } from '../test/contracts/database-place.ts';
import { flushTimeMs } from './webhooks/flush-time.ts';
import type { Load } from './webhooks/load.ts';

/**
 * P4: how many signed 21 KB deliveries a second are acknowledged over ten connections, by a Probot app that does nothing and by Planwright,
 * which has them on disk first. Sender and servers are processes of their own. The servers take short turns, many of them, so that what else
 * the machine does weighs on all alike.
 */
const rounds = 20;
const seconds = 0.6;
const warmUpSeconds = 3;

interface Contender {
  readonly name: string;
  readonly url: string;
  readonly loads: Load[];
}

const children: ChildProcess[] = [];
const cleanups: (() => Promise<void>)[] = [];
try {
  const noOp = await contender('no-op Probot app', 'no-op-app.ts');
  const embedded = await embeddedPlace();
  cleanups.push(() => embedded.remove());
  const contenders = [noOp, await contender('embedded PostgreSQL', 'planwright.ts', [embedded.options.dataDirectory])];
  const figures = ['P4'];
  const server = await databaseServer().catch((error: unknown) => {
    console.log(`# no P4-postgres: ${error instanceof Error ? error.message : error}`);
    return undefined;
  });
  if (server !== undefined) {
    cleanups.push(() => server.stop());
    const { options, remove } = await server.place();
    cleanups.push(remove);
    contenders.push(
      await contender('DATABASE_URL', 'planwright.ts', [options.dataDirectory, options.databaseUrl ?? '']),
    );
    figures.push('P4-postgres');
  }

  const sender = start('load.ts', []);
  await nextMessage(sender);
  for (const { url } of contenders) await drive(sender, url, warmUpSeconds);
  const flushesMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    flushesMs.push(await flushTimeMs());
    for (const { url, loads } of contenders) loads.push(await drive(sender, url, seconds));
  }

  for (const { name, loads } of contenders) {
    const refused = loads.reduce((sum, load) => sum + load.refused, 0);
    console.log(
      `# ${name}: ${median(loads.map((load) => load.perSecond)).toFixed(0)} deliveries/s, p50 ${median(loads.map((load) => load.p50Ms)).toFixed(2)} ms, p99 ${median(loads.map((load) => load.p99Ms)).toFixed(2)} ms, ${refused} refused`,
    );
  }
  console.log(
    `# one flush to this disk: ${median(flushesMs).toFixed(2)} ms; load of the machine: ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`,
  );
  for (const [index, figure] of figures.entries()) {
    const { loads } = contenders[index + 1] ?? noOp;
    console.log(`${figure} ${ratio(loads, noOp.loads, (load) => load.perSecond)}`);
    console.log(`${figure.replace('P4', 'P4-p99')} ${ratio(loads, noOp.loads, (load) => load.p99Ms)}`);
  }
} finally {
  for (const child of children.reverse()) {
    if (!child.connected) continue;
    child.disconnect();
    await once(child, 'exit');
  }
  for (const cleanup of cleanups.reverse()) await cleanup();
}

async function contender(name: string, file: string, args: readonly string[] = []): Promise<Contender> {
  const child = start(file, args);
  const { url } = (await nextMessage(child)) as { url: string };
  return { name, url, loads: [] };
}

async function drive(sender: ChildProcess, url: string, duration: number): Promise<Load> {
  sender.send({ url, seconds: duration });
  return (await nextMessage(sender)) as Load;
}

function start(file: string, args: readonly string[]): ChildProcess {
  const child = fork(new URL(`webhooks/${file}`, import.meta.url), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push(child);
  return child;
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const gone = once(child, 'exit', { signal: ended.signal }).then(([code, signal]) => {
    throw new Error(`${child.spawnargs.slice(1).join(' ')} ended (${code ?? signal}) before it had answered`);
  });
  try {
    return (await Promise.race([once(child, 'message', { signal: ended.signal }), gone]))[0];
  } finally {
    ended.abort();
    gone.catch(() => undefined);
  }
}

/** Of each round for itself, so that a slow moment of the machine weighs on both sides. */
function ratio(ours: readonly Load[], theirs: readonly Load[], figure: (load: Load) => number): string {
  const ratios = ours.flatMap((load, round) => {
    const other = theirs[round];
    return other === undefined ? [] : [figure(load) / figure(other)];
  });
  return median(ratios).toFixed(2);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}
