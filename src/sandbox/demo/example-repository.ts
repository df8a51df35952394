/** The repository that the demo works on: a small shop, one stack, an environment for each cluster. */

export function configuration(environments: readonly string[], namespace: string): string {
  const declared = environments.map((name, index) => {
    const after =
      index === 0
        ? ''
        : `\n    after: [${environments[index - 1]}]      # goes once ${environments[index - 1]} is healthy`;
    return `  ${name}:\n    approvals: 1${after}`;
  });
  return `version: 1
environments:
${declared.join('\n')}
stacks:
  - path: apps/{stack}/{environment}
    namespace: ${namespace}
    cluster_scoped: [Namespace]
`;
}

export interface ShopVersion {
  readonly replicas: number;
  readonly greeting: string;
  readonly image: string;
  /** A feature flag's file that the second version no longer has. */
  readonly legacy: boolean;
}

export const firstVersion: ShopVersion = {
  replicas: 1,
  greeting: 'Hello',
  image: 'registry.k8s.io/pause:3.9',
  legacy: true,
};
export const secondVersion: ShopVersion = {
  replicas: 3,
  greeting: 'Welcome',
  image: 'registry.k8s.io/pause:3.10',
  legacy: false,
};

export function shopFiles(
  at: { readonly environment: string; readonly namespace: string },
  version: ShopVersion,
): Readonly<Record<string, string | null>> {
  const folder = `apps/shop/${at.environment}`;
  return {
    [`${folder}/namespace.yaml`]: `apiVersion: v1
kind: Namespace
metadata:
  name: ${at.namespace}
`,
    [`${folder}/config.yaml`]: `apiVersion: v1
kind: ConfigMap
metadata:
  name: shop
data:
  GREETING: ${version.greeting} from ${at.environment}
  ADMIN_PASSWORD: never shown anywhere
`,
    [`${folder}/deployment.yaml`]: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  labels: { app: shop }
spec:
  replicas: ${version.replicas}
  selector:
    matchLabels: { app: shop }
  template:
    metadata:
      labels: { app: shop }
    spec:
      containers:
        - name: shop
          image: ${version.image}
          envFrom:
            - configMapRef: { name: shop }
          resources:
            limits: { cpu: 100m, memory: 64Mi }
`,
    [`${folder}/service.yaml`]: `apiVersion: v1
kind: Service
metadata:
  name: shop
spec:
  selector: { app: shop }
  ports:
    - name: http
      port: 80
      targetPort: 8080
`,
    [`${folder}/legacy-flags.yaml`]: version.legacy
      ? `apiVersion: v1
kind: ConfigMap
metadata:
  name: legacy-flags
data:
  old-checkout: "true"
`
      : null,
  };
}
