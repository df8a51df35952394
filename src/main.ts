#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { bundledSchemas } from './adapters/bundled-schemas/bundled-schemas.ts';
import { localDirectory } from './adapters/directory/local-directory.ts';
import { decodeManifests } from './domain/manifest/decode-manifests.ts';
import type { Problem } from './domain/manifest/rendered-object.ts';
import { entryLine, verdictText } from './domain/report/audit-text.ts';
import { isValid, validationLines } from './domain/report/validation-text.ts';
import type { KnownSchemas } from './domain/schema/known-schemas.ts';
import {
  type ExportAuditOptions,
  runCli,
  type ValidateOptions,
  type VerifyAuditOptions,
} from './entrypoints/cli/program.ts';
import type { AuditFilter, AuditLog } from './flows/ports/audit-log.ts';
import type { Log } from './flows/ports/clock.ts';
import type { Decoder } from './flows/ports/decoder.ts';
import { validateDirectory } from './flows/validate-directory.ts';
import { verifyAudit } from './flows/verify-audit.ts';
import type { PlanwrightSettings } from './start-planwright.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);
const complain = (line: string) => process.stderr.write(`${line}\n`);

/** Each command loads what it needs: most of what there is serves the server alone. */
async function loadServer() {
  const [{ pino }, { findInCluster }, { readKubeconfig }, { startPlanwright }] = await Promise.all([
    import('pino'),
    import('./adapters/kubernetes/in-cluster.ts'),
    import('./adapters/kubernetes/kubeconfig.ts'),
    import('./start-planwright.ts'),
  ]);
  const contextsOf = (kubeconfig: string | undefined): readonly string[] => {
    if (kubeconfig === undefined) return findInCluster(process.env) === undefined ? [] : ['in-cluster'];
    return [...readKubeconfig(kubeconfig.split(delimiter).filter((file) => file !== '')).contexts.keys()];
  };
  // An Error has no members of its own that JSON would show.
  const serializers = { error: pino.stdSerializers.err };
  return { pino, serializers, startPlanwright, contextsOf };
}

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
  const { pino, serializers, startPlanwright, contextsOf } = await loadServer();
  const { readProcessSettings } = await import('./domain/config/read-process-settings.ts');
  const { readServerSettings } = await import('./domain/config/read-server-settings.ts');
  const read = readProcessSettings(env);
  if (read.kind === 'invalid') return refuse(read.problems);
  const { settings } = read;
  const contexts = contextsOf(settings.kubeconfig);
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

async function demo(options: { readonly once: boolean; readonly port: number | undefined }): Promise<number> {
  const { pino, serializers, startPlanwright, contextsOf } = await loadServer();
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
    ...(given === undefined || given === '' ? {} : { kubeconfig: { paths: given, contexts: contextsOf(given) } }),
  });
  return 0;
}

async function validate(path: string, options: ValidateOptions): Promise<number> {
  const schemas = bundledSchemas();
  const version = options.kubernetesVersion;
  const bundled = version === undefined ? schemas.newest() : schemas.of(version);
  if (bundled === undefined)
    throw new Error(`the schemas of Kubernetes ${version} are not known; there are ${schemas.versions.join(', ')}`);
  const directory = localDirectory(path);
  // Nobody else waits for this process.
  const decoder: Decoder = { decode: async (files) => decodeManifests(files) };
  const result =
    options.cluster === undefined
      ? await validateDirectory({ directory, decoder, known: bundled, reason: 'no cluster is asked' })
      : await withCluster(options.cluster, (known) =>
          validateDirectory({ directory, decoder, known, reason: 'its dry-run is not asked for' }),
        );
  if (options.json) print(JSON.stringify({ valid: isValid(result), ...result }));
  else for (const line of validationLines(result)) print(line);
  return isValid(result) ? 0 : 1;
}

async function withCluster<Result>(context: string, use: (known: KnownSchemas) => Promise<Result>): Promise<Result> {
  const { clusterSchemas } = await import('./adapters/kubernetes/cluster-schemas.ts');
  const kubeconfig = process.env['KUBECONFIG'];
  if (kubeconfig === undefined || kubeconfig === '') throw new Error('--cluster needs KUBECONFIG');
  return clusterSchemas({ kubeconfig, context }, use);
}

async function verifyAuditCommand(options: VerifyAuditOptions): Promise<number> {
  const verdict = await withAuditLog((log) => verifyAudit(log, options.mark));
  print(options.json ? JSON.stringify(verdict) : verdictText(verdict));
  return verdict.kind === 'intact' ? 0 : 1;
}

async function exportAudit(options: ExportAuditOptions): Promise<number> {
  const filter: AuditFilter = {
    ...(options.repository === undefined ? {} : { repository: options.repository }),
    ...(options.since === undefined ? {} : { fromMs: options.since }),
    ...(options.until === undefined ? {} : { beforeMs: options.until }),
  };
  await withAuditLog(async (log) => {
    const lines = async function* () {
      for await (const entry of log.entries(filter)) yield `${entryLine(entry)}\n`;
    };
    await pipeline(Readable.from(lines()), process.stdout, { end: false }).catch((error: NodeJS.ErrnoException) => {
      // Whoever read it has seen enough.
      if (error.code !== 'EPIPE') throw error;
    });
  });
  return 0;
}

async function withAuditLog<Result>(read: (log: AuditLog) => Promise<Result>): Promise<Result> {
  const [{ readAuditLog }, { readDatabasePlace }] = await Promise.all([
    import('./adapters/postgres/audit-log.ts'),
    import('./domain/config/read-process-settings.ts'),
  ]);
  const warn = (_facts: object, message: string) => complain(`planwright: ${message}`);
  const log: Log = { debug: () => undefined, info: () => undefined, warn, error: warn };
  return readAuditLog({ ...readDatabasePlace(process.env), log }, read);
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

process.exitCode = await runCli(
  process.argv.slice(2),
  { serve, demo, validate, verifyAudit: verifyAuditCommand, exportAudit },
  { complain },
);
