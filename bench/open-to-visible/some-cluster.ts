import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const program = (name: string): string => fileURLToPath(new URL(`../../../shared/cluster/${name}`, import.meta.url));

/** The cluster of KUBECONFIG, else a new one that is gone after `end`. Sets KUBECONFIG and AUDIT_LOG for this process. */
export async function someCluster(): Promise<{ end(): Promise<void> }> {
  if (process.env['KUBECONFIG']) return { end: async () => undefined };
  const { stdout } = await run(program('up'), [], { timeout: 300_000 });
  const variable = (name: string): string => {
    const value = new RegExp(`\\b${name}=(\\S+)`).exec(stdout)?.[1];
    if (value === undefined) throw new Error(`${program('up')} did not say ${name}`);
    return value;
  };
  process.env['KUBECONFIG'] = variable('KUBECONFIG');
  process.env['AUDIT_LOG'] = variable('AUDIT_LOG');
  const directory = variable('CLUSTER_DIR');
  return { end: async () => void (await run(program('down'), [directory])) };
}
