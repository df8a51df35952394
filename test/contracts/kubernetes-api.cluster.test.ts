import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { describeKubernetesApi } from './kubernetes-api.contract.ts';

describeKubernetesApi('of a real API server', async () => {
  const path = process.env.KUBECONFIG;
  if (!path) throw new Error('KUBECONFIG is not set: name the kubeconfig of the cluster that the suite may write to.');
  const config = new KubeConfig();
  config.loadFromString(await readFile(path, 'utf8'));
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new Error(`${path} has no current context with a cluster.`);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const text = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString() : String(value));
  const { authorization } = { authorization: undefined, ...options.headers };
  return {
    url: server,
    headers: authorization === undefined ? {} : { authorization: text(authorization) },
    tls: {
      ...(options.ca === undefined ? {} : { ca: text(options.ca) }),
      ...(options.cert === undefined ? {} : { cert: text(options.cert) }),
      ...(options.key === undefined ? {} : { key: text(options.key) }),
    },
    close: async () => undefined,
  };
});
