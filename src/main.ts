#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { pino } from 'pino';
import { findInCluster } from './adapters/kubernetes/in-cluster.ts';
import { readKubeconfig } from './adapters/kubernetes/kubeconfig.ts';
import { readProcessSettings } from './domain/config/read-process-settings.ts';
import { readServerSettings } from './domain/config/read-server-settings.ts';
import type { Problem } from './domain/manifest/rendered-object.ts';
import { runCli } from './entrypoints/cli/program.ts';
import type { Log } from './flows/ports/clock.ts';
import { type PlanwrightSettings, startPlanwright } from './start-planwright.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);
const complain = (line: string) => process.stderr.write(`${line}\n`);

/** An Error has no members of its own that JSON would show. */
const serializers = { error: pino.stdSerializers.err };

/** Aborts at SIGINT or SIGTERM; a second signal ends the process at once. */
function untilSignal(): AbortSignal {
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopped.signal.aborted) process.exit(130);
      stopped.abort();
    });
  }
  return stopped.signal;
}

async function serve(): Promise<number> {
  const { env } = process;
  const read = readProcessSettings(env);
  if (read.kind === 'invalid') return refuse(read.problems);
  const { settings } = read;
  const contexts = kubeconfigContexts(settings.kubeconfig);
  const server = readServerSettings({
    environment: env,
    kubeconfigContexts: contexts,
    ...(settings.configPath === undefined
      ? {}
      : { file: { path: settings.configPath, text: await readFile(settings.configPath, 'utf8') } }),
  });
  if (server.kind === 'invalid') return refuse(server.problems.map(problemLine));
  const log: Log = pino({ level: settings.logLevel, serializers });
  const stop = untilSignal();
  const planwright = await startPlanwright({
    app: {
      id: settings.appId,
      privateKey:
        settings.privateKey.kind === 'text'
          ? settings.privateKey.text
          : await readFile(settings.privateKey.path, 'utf8'),
      webhookSecret: settings.webhookSecret,
    },
    gitHub: settings.gitHub,
    listen: settings.listen,
    dataDirectory: settings.dataDirectory,
    server: server.settings,
    clusterAccess: server.clusterAccess,
    environment: env,
    log,
    ...(settings.databaseUrl === undefined ? {} : { databaseUrl: settings.databaseUrl }),
    ...(settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig }),
  });
  log.info({ url: planwright.url, clusters: [...server.settings.clusters.keys()] }, 'ready');
  await aborted(stop);
  log.info({}, 'draining');
  await planwright.stop();
  return 0;
}

function kubeconfigContexts(kubeconfig: string | undefined): readonly string[] {
  if (kubeconfig === undefined) return findInCluster(process.env) === undefined ? [] : ['in-cluster'];
  return [...readKubeconfig(kubeconfig.split(delimiter).filter((file) => file !== '')).contexts.keys()];
}

async function demo(options: { readonly once: boolean; readonly port: number | undefined }): Promise<number> {
  // Only the demo needs the sandbox.
  const { runDemo } = await import('./sandbox/demo/run-demo.ts');
  const { listClusterObjects } = await import('./sandbox/demo/list-cluster-objects.ts');
  const given = process.env['KUBECONFIG'];
  const level = process.env['LOG_LEVEL'] ?? 'error';
  await runDemo({
    once: options.once,
    print,
    signal: untilSignal(),
    listObjects: listClusterObjects,
    start: (start) =>
      startPlanwright({
        app: { id: start.appId, privateKey: start.privateKey, webhookSecret: start.webhookSecret },
        gitHub: { host: start.gitHubHost, protocol: 'http', throttled: false },
        listen: { host: '127.0.0.1', port: 0, webhookPath: '/api/github/webhooks' },
        dataDirectory: start.dataDirectory,
        server: {
          gitHubHost: start.gitHubHost,
          clusters: new Map(
            start.clusterNames.map((name) => [
              name,
              { name, repositories: start.repositories, ownerNamespace: 'default' },
            ]),
          ),
        },
        kubeconfig: start.kubeconfig,
        clusterAccess: new Map(),
        environment: {},
        log: pino({ level, serializers }, pino.destination(2)),
      } satisfies PlanwrightSettings),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(given === undefined || given === ''
      ? {}
      : { kubeconfig: { paths: given, contexts: kubeconfigContexts(given) } }),
  });
  return 0;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function problemLine({ position, message }: Problem): string {
  return position === undefined ? message : `${position.path}:${position.line}:${position.column}: ${message}`;
}

function refuse(problems: readonly string[]): number {
  for (const problem of problems) complain(`planwright: ${problem}`);
  complain('planwright: not started');
  return 2;
}

process.exitCode = await runCli(process.argv.slice(2), { serve, demo }, { complain });
