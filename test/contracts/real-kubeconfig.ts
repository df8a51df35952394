import { delimiter } from 'node:path';

/** The cluster that the `cluster` suites may write to. Throws when none is given: a suite that ran nowhere has shown nothing. */
export function realKubeconfig(): string {
  const [file] = (process.env.KUBECONFIG ?? '').split(delimiter);
  if (!file)
    throw new Error('KUBECONFIG is not set: npm run test:cluster needs a real Kubernetes API that it may write to');
  return file;
}
