import { describeCluster } from './cluster.contract.ts';
import { kubeconfigCluster } from './kubeconfig-cluster.ts';
import { realKubeconfig } from './real-kubeconfig.ts';

describeCluster('a real API server', () => kubeconfigCluster(realKubeconfig()));
