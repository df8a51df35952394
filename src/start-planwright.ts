import { join } from 'node:path';
import { bundledSchemas } from './adapters/bundled-schemas/bundled-schemas.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import { decodeWorkers } from './adapters/decoder/decode-workers.ts';
import { gitCheckout } from './adapters/git/git-checkout.ts';
import { gitHubApi } from './adapters/github/github-api.ts';
import { installationClients } from './adapters/github/installation-clients.ts';
import { findInCluster } from './adapters/kubernetes/in-cluster.ts';
import { type ClusterSettings, loadClusters } from './adapters/kubernetes/load-clusters.ts';
import { inputMemory } from './adapters/memory/input-memory.ts';
import { openDatabase } from './adapters/postgres/open-database.ts';
import type { ServerSettings } from './domain/config/server-settings.ts';
import { planPages } from './entrypoints/dashboard/plan-page.ts';
import { startWebhookServer } from './entrypoints/webhooks/start-webhook-server.ts';
import { startWorker } from './entrypoints/worker/start-worker.ts';
import type { Log } from './flows/ports/clock.ts';
import type { PullRequestPorts } from './flows/pull-request-ports.ts';
import { showPlan } from './flows/show-plan.ts';

export interface PlanwrightSettings {
  readonly app: { readonly id: number; readonly privateKey: string; readonly webhookSecret: string };
  readonly gitHub: {
    readonly host: string;
    readonly protocol: 'http' | 'https' /** False for a GitHub without limits, as the sandbox's. */;
    readonly throttled?: boolean;
  };
  readonly listen: { readonly host: string; readonly port: number; readonly webhookPath: string };
  /** Absent: the embedded database under `dataDirectory`. */
  readonly databaseUrl?: string;
  readonly dataDirectory: string;
  readonly server: ServerSettings;
  readonly kubeconfig?: string;
  /** Of the clusters that the server file names. */
  readonly clusterAccess: ReadonlyMap<string, ClusterSettings>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
}

export interface Planwright {
  readonly url: string;
  /** Stops taking webhooks and jobs, gives running work the grace to end, and closes everything. Idempotent. */
  stop(graceMs?: number): Promise<void>;
}

const defaultGraceMs = 20_000;

/** Wires every adapter, flow and entrypoint, and starts them. What fails to start leaves nothing open. */
export async function startPlanwright(settings: PlanwrightSettings): Promise<Planwright> {
  const { log, server } = settings;
  const inCluster = settings.kubeconfig === undefined ? findInCluster(settings.environment) : undefined;
  const clusters = loadClusters({
    log,
    clusters: settings.clusterAccess,
    ...(settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig }),
    ...(inCluster === undefined ? {} : { inCluster }),
  });
  const database = await openDatabase({
    dataDirectory: settings.dataDirectory,
    log,
    ...(settings.databaseUrl === undefined ? {} : { databaseUrl: settings.databaseUrl }),
  });
  const { store } = database;
  try {
    const web = await startWebhookServer({
      app: settings.app,
      gitHub: settings.gitHub,
      ...settings.listen,
      inbox: database.inbox,
      ready: () => store.ready(),
      routes: [planPages({ showPlan: (digest, of) => showPlan(store, digest, of), log })],
      log,
    });
    const clients = installationClients({
      app: web.probot,
      ...(settings.gitHub.throttled === undefined ? {} : { throttled: settings.gitHub.throttled }),
    });
    const { protocol, host } = settings.gitHub;
    const checkout = gitCheckout({
      directory: join(settings.dataDirectory, 'mirrors'),
      originUrl: (repository) => `${protocol}://${host}/${repository.owner}/${repository.name}.git`,
      token: (repository) => clients.installationToken(repository.installation, repository.id),
      log,
    });
    const decoder = decodeWorkers();
    const ports: PullRequestPorts = {
      github: gitHubApi({ ...clients, appId: settings.app.id, log }),
      checkout,
      decoder,
      clusters,
      store,
      schemas: bundledSchemas(),
      inputs: inputMemory(),
      clock: systemClock,
      log,
      server: server.url === undefined && settings.listen.host === '127.0.0.1' ? { ...server, url: web.url } : server,
    };
    const worker = await startWorker({ ports, jobs: database.jobs, subscribeDeliveries: database.subscribeDeliveries });
    let stopping: Promise<void> | undefined;
    const stop = async (graceMs: number) => {
      await web.drain(graceMs);
      await worker.drain(graceMs);
      await decoder.close();
      await checkout.close();
      await clusters.close();
      await database.close();
    };
    return {
      url: web.url,
      stop: (graceMs = defaultGraceMs) => {
        stopping ??= stop(graceMs);
        return stopping;
      },
    };
  } catch (error) {
    await clusters.close();
    await database.close();
    throw error;
  }
}
