import { parentPort } from 'node:worker_threads';
import { startCluster } from '../../src/sandbox/cluster/cluster.ts';

/** The sandbox cluster in a thread of its own, so that only Planwright's own work stalls the measured loop. */
const cluster = await startCluster({ name: 'sandbox' });
parentPort?.postMessage(cluster.kubeconfig());
parentPort?.once('message', () => void cluster.close().then(() => parentPort?.close()));
