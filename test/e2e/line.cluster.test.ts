import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type Json } from '../../src/domain/json.ts';
import { ChangeStory, type Proposal } from './change-story.ts';
import { dryRunsIn, type RealCluster, realCluster, unreachableName, writesIn } from './real-cluster.ts';
import { repo, type Stage, setStage } from './stage.ts';

const run = `line-${randomBytes(4).toString('hex')}`;
const [shop, slow, settings] = [`${run}-shop`, `${run}-slow`, `${run}-settings`];
const canary = 'canary-that-nobody-may-see';

const configuration = (cluster: string) => `version: 1
environments:
  staging:
    cluster: ${cluster}
  nowhere:
    cluster: ${unreachableName}
stacks:
  - name: shop
    path: shop/{environment}
    namespace: ${shop}
    cluster_scoped: [Namespace]
    timeout: 60s
  - name: slow
    path: slow/{environment}
    namespace: ${slow}
    cluster_scoped: [Namespace]
    timeout: 15s
  - name: settings
    path: settings/{environment}
    namespace: ${settings}
    cluster_scoped: [Namespace]
`;

const namespace = (name: string) => `apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
`;

const deployment = ({
  name,
  replicas,
  image,
  podLabels = '',
}: {
  readonly name: string;
  readonly replicas: number;
  readonly image: string;
  readonly podLabels?: string;
}) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name}${podLabels} }
    spec:
      serviceAccountName: default
      containers:
        - name: ${name}
          image: registry.test/${name}:${image}
          resources:
            limits: { cpu: 1000m }
`;

const access = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: web
rules:
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: web
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: web }
subjects:
  - { kind: ServiceAccount, name: web, namespace: ${shop} }
`;

const settingsOf = (level: string) => `apiVersion: v1
kind: ConfigMap
metadata:
  name: web
data:
  LEVEL: ${level}
---
apiVersion: v1
kind: Secret
metadata:
  name: web
stringData:
  password: ${canary}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: { app: web }
  ports:
    - { name: http, port: 80, targetPort: 8080 }
`;

const leftover = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: leftover\ndata:\n  a: "1"\n';

describe('the whole line on a real Kubernetes API', () => {
  let cluster: RealCluster;
  let stage: Stage;
  let story: ChangeStory;

  beforeAll(async () => {
    cluster = await realCluster(run);
    for (const name of [shop, slow, settings]) cluster.removeAfterwards(`/api/v1/namespaces/${name}`);
    stage = await setStage({
      kubeconfig: cluster.kubeconfig,
      ownerNamespace: cluster.ownerNamespace,
      files: { '.github/planwright.yml': configuration(cluster.name), 'README.md': '# infra\n' },
    });
    story = new ChangeStory(stage);
    if (cluster.audit === undefined)
      console.warn(
        "did not run: the proof that planning and a second apply write nothing, because AUDIT_LOG is not set (the path of the API server's audit log)",
      );
  });

  afterAll(async () => {
    try {
      await stage?.close();
    } finally {
      await cluster?.close();
    }
  });

  /** Everything that anybody can read of what Planwright said. */
  const everythingSaid = (proposal: Proposal, merged: string) =>
    JSON.stringify([
      stage.github.comments(repo, proposal.number),
      stage.github.checkRuns(repo, proposal.sha, 'all'),
      stage.github.checkRuns(repo, merged, 'all'),
      stage.github.deployments(repo),
      stage.github.issues(repo),
      stage.logged,
    ]);

  const lastStatus = (merged: string) =>
    stage.github
      .deployments(repo)
      .find((deployment) => deployment.sha === merged)
      ?.statuses.at(-1);
  const field = (object: Json | undefined, ...path: readonly string[]): Json | undefined =>
    path.reduce<Json | undefined>((value, key) => (isJsonObject(value) ? value[key] : undefined), object);
  const webPath = `/apis/apps/v1/namespaces/${shop}/deployments/web`;

  let first: Proposal;
  let firstMerge: string;

  it('plans a new stack without writing anything, and deploys it once it is approved and merged', async () => {
    const before = cluster.audit?.mark() ?? 0;
    first = await story.propose('A shop', {
      'shop/staging/namespace.yaml': namespace(shop),
      'shop/staging/access.yaml': access,
      'shop/staging/settings.yaml': settingsOf('info'),
      'shop/staging/leftover.yaml': leftover,
      'shop/staging/web.yaml': deployment({ name: 'web', replicas: 1, image: '1' }),
    });
    const { plan, gate } = await story.checked(first);
    expect({ plan: plan.conclusion, gate: gate.conclusion }).toEqual({ plan: 'success', gate: 'action_required' });
    const planned = story.comment(first);
    expect(planned).toContain('| `shop@staging` | create 9 (first deployment) |');
    expect(planned).toContain(`@@ create Namespace ${shop} @@`);
    expect(planned).toContain(
      'less sure, checked against the schema only: its namespace is created by the same change',
    );
    await story.approve(first);
    const asked = cluster.audit?.since(before);
    if (asked !== undefined) {
      expect(dryRunsIn(asked).length).toBeGreaterThanOrEqual(9);
      expect(writesIn(asked)).toEqual([]);
    }

    firstMerge = await story.merge(first);
    const deploy = await story.ended(firstMerge, 'planwright/deploy');
    expect(deploy).toMatchObject({ conclusion: 'success', output: { title: 'Deployed 1 target' } });
    await story.commented(first, '✅ deployed, 9 objects written');
    expect(lastStatus(firstMerge)).toMatchObject({ environment: 'staging', state: 'success' });

    const web = await cluster.get(webPath);
    expect(field(web, 'status', 'readyReplicas')).toBe(1);
    const set = field(web, 'metadata', 'labels', 'applyset.kubernetes.io/part-of');
    expect(set).toMatch(/^applyset-[\w-]{43}-v1$/);
    const [parent] = await cluster.list(
      `/api/v1/namespaces/${cluster.ownerNamespace}/configmaps?labelSelector=applyset.kubernetes.io/id=${String(set)}`,
    );
    expect(field(parent, 'metadata', 'annotations')).toMatchObject({
      'applyset.kubernetes.io/contains-group-kinds':
        'ConfigMap,Deployment.apps,Namespace,Role.rbac.authorization.k8s.io,RoleBinding.rbac.authorization.k8s.io,Secret,Service,ServiceAccount',
      'applyset.kubernetes.io/additional-namespaces': shop,
    });
    const inNamespace = `/namespaces/${shop}`;
    const paths = [
      `/api/v1${inNamespace}`,
      `/api/v1${inNamespace}/configmaps/web`,
      `/api/v1${inNamespace}/configmaps/leftover`,
      `/api/v1${inNamespace}/secrets/web`,
      `/api/v1${inNamespace}/services/web`,
      `/api/v1${inNamespace}/serviceaccounts/web`,
    ];
    const rights = [`roles/web`, `rolebindings/web`].map(
      (path) => `/apis/rbac.authorization.k8s.io/v1${inNamespace}/${path}`,
    );
    const owners = await Promise.all(
      [...paths, ...rights].map(async (path) =>
        field(await cluster.get(path), 'metadata', 'labels', 'applyset.kubernetes.io/part-of'),
      ),
    );
    expect(owners).toEqual(Array.from({ length: 8 }, () => set));
    expect(field(await cluster.get(`/api/v1${inNamespace}/secrets/web`), 'data', 'password')).toBe(
      Buffer.from(canary).toString('base64'),
    );
    const said = everythingSaid(first, firstMerge);
    expect(said).not.toContain(canary);
    expect(said).not.toContain(Buffer.from(canary).toString('base64'));
    expect(stage.github.violations).toEqual([]);
  });

  let second: Proposal;

  it('updates in place, sees no difference in an equal quantity, and prunes last', async () => {
    const opened = cluster.audit?.mark() ?? 0;
    second = await story.propose('Version 2', {
      'shop/staging/leftover.yaml': null,
      'shop/staging/settings.yaml': settingsOf('debug'),
      'shop/staging/web.yaml': deployment({ name: 'web', replicas: 2, image: '2' }),
    });
    await story.checked(second);
    const planned = story.comment(second);
    expect(planned).toContain('| `shop@staging` | **delete 1** · update 2 |');
    expect(planned).toContain('registry.test/web:2');
    expect(planned).toContain('destructive: deletes it');
    // As what surrounds a change, it may be seen.
    expect(planned).not.toMatch(/^[-+!#].*cpu/m);
    expect(planned).not.toContain('drift');
    expect(planned).not.toContain('Secret web');
    await story.approve(second);
    const asked = cluster.audit?.since(opened);
    if (asked !== undefined) {
      expect(dryRunsIn(asked).length).toBeGreaterThan(0);
      expect(writesIn(asked)).toEqual([]);
    }

    const before = cluster.audit?.mark() ?? 0;
    const merged = await story.merge(second);
    await story.ended(merged, 'planwright/deploy', 'success');
    const written =
      cluster.audit === undefined
        ? undefined
        : writesIn(cluster.audit.since(before)).filter(({ uri }) => uri.includes(shop));
    if (written !== undefined) {
      expect(written.map(({ verb, uri }) => `${verb} ${uri.split('?')[0]}`)).toEqual([
        `patch /api/v1/namespaces/${shop}/configmaps/web`,
        `patch ${webPath}`,
        `delete /api/v1/namespaces/${shop}/configmaps/leftover`,
      ]);
    }
    const web = await cluster.get(webPath);
    expect(JSON.stringify(field(web, 'spec', 'template'))).toContain('registry.test/web:2');
    expect(field(web, 'status', 'updatedReplicas')).toBe(2);
    expect(await cluster.get(`/api/v1/namespaces/${shop}/configmaps/leftover`)).toBeUndefined();
    expect(field(await cluster.get(`/api/v1/namespaces/${shop}/configmaps/web`), 'data')).toEqual({ LEVEL: 'debug' });
  });

  it('writes nothing when the same commit is looked at again, nor for a merge that changes nothing on the cluster', async () => {
    const before = cluster.audit?.mark() ?? 0;
    expect(await story.say({ number: second.number, author: 'dave', body: '/plan' })).toBe('rocket');
    const web = deployment({ name: 'web', replicas: 2, image: '2' });
    const comment = await story.propose('Words', { 'shop/staging/web.yaml': `# The shop's front.\n${web}` });
    const { plan, gate } = await story.checked(comment);
    expect(plan.output.title).toBe('Nothing to change in shop@staging');
    expect(gate.conclusion).toBe('success');
    const merged = await story.merge(comment);
    await story.ended(merged, 'planwright/deploy', 'success');
    await story.commented(comment, '✅ deployed, nothing had to be written');
    const asked = cluster.audit?.since(before);
    if (asked !== undefined) {
      expect(dryRunsIn(asked).length).toBeGreaterThan(0);
      expect(writesIn(asked)).toEqual([]);
    }
  });

  it('holds what somebody changed by hand after the approval, and applies it when a person says so', async () => {
    const proposal = await story.propose('Three replicas', {
      'shop/staging/web.yaml': deployment({ name: 'web', replicas: 3, image: '2' }),
    });
    await story.checked(proposal);
    await story.approve(proposal);
    await cluster.edit(webPath, { spec: { replicas: 5 } });
    const before = cluster.audit?.mark() ?? 0;
    const merged = await story.merge(proposal);
    const held = await story.ended(merged, 'planwright/deploy');
    expect(held.conclusion).toBe('action_required');
    const issue = await stage.eventually('the issue', () =>
      stage.github.issues(repo).find((one) => one.state === 'open' && one.labels.includes('planwright:held')),
    );
    expect(issue.title).toBe('shop@staging: deployment held');
    expect(issue.body).toContain('- approved: spec.replicas: 2 → 3\n+ now:      spec.replicas: 5 → 3');
    await stage.eventually('the held status', () => (lastStatus(merged)?.state === 'pending' ? true : undefined));
    expect(field(await cluster.get(webPath), 'spec', 'replicas')).toBe(5);
    if (cluster.audit !== undefined) expect(writesIn(cluster.audit.since(before))).toEqual([]);

    expect(await story.say({ number: issue.number, author: 'alice', body: '/apply' })).toBe('confused');
    expect(await story.say({ number: issue.number, author: 'carol', body: '/apply' })).toBe('confused');
    expect(await story.say({ number: issue.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(field(await cluster.get(webPath), 'spec', 'replicas')).toBe(3);
    await stage.eventually('the issue is closed', () =>
      stage.github.issues(repo).find((one) => one.number === issue.number)?.state === 'closed' ? true : undefined,
    );
    await stage.eventually('the status', () => (lastStatus(merged)?.state === 'success' ? true : undefined));
  });

  it('takes back what was changed by hand, where that was shown and approved', async () => {
    await cluster.edit(webPath, {
      spec: {
        replicas: 4,
        template: {
          spec: {
            containers: [{ name: 'web', image: 'registry.test/web:by-hand', resources: { limits: { cpu: '1' } } }],
          },
        },
      },
    });
    const proposal = await story.propose('Louder', { 'shop/staging/settings.yaml': settingsOf('trace') });
    await story.checked(proposal);
    const planned = story.comment(proposal);
    expect(planned).toContain('# drift: changed on the cluster since the last deployment; applying puts it back');
    expect(planned).toContain('registry.test/web:by-hand');
    await story.approve(proposal);
    const merged = await story.merge(proposal);
    await story.ended(merged, 'planwright/deploy', 'success');
    const web = await cluster.get(webPath);
    expect(field(web, 'spec', 'replicas')).toBe(3);
    expect(JSON.stringify(field(web, 'spec', 'template'))).toContain('registry.test/web:2');
    expect(JSON.stringify(web)).not.toContain('by-hand');
  });

  it('fails by name what does not become healthy in time, asks a person, and goes on when told to', async () => {
    const proposal = await story.propose('A shop that cannot start', {
      'slow/staging/web.yaml': `${namespace(slow)}---\n${deployment({ name: 'broken', replicas: 1, image: '404', podLabels: ', planwright.dev/simulate: image-pull-failure' })}`,
    });
    await story.checked(proposal);
    await story.approve(proposal);
    const merged = await story.merge(proposal);
    const failed = await story.ended(merged, 'planwright/deploy');
    expect(failed).toMatchObject({ conclusion: 'failure', output: { title: 'Failed: slow@staging' } });
    expect(failed.output.summary).toContain(
      `failed: Deployment \`${slow}/broken\` was not healthy within 15 s: 0 of 1 replicas are available`,
    );
    const issue = await stage.eventually('the issue', () =>
      stage.github.issues(repo).find((one) => one.state === 'open' && one.labels.includes('planwright:held')),
    );
    expect(issue.title).toBe('slow@staging: deployment failed');
    expect(issue.body).toContain(`Deployment \`${slow}/broken\``);
    await stage.eventually('the failed status', () => (lastStatus(merged)?.state === 'failure' ? true : undefined));

    const pods = await cluster.list(`/api/v1/namespaces/${slow}/pods`);
    for (const pod of pods)
      await cluster.edit(`/api/v1/namespaces/${slow}/pods/${String(field(pod, 'metadata', 'name'))}`, {
        metadata: { labels: { 'planwright.dev/simulate': null } },
      });
    const before = cluster.audit?.mark() ?? 0;
    expect(await story.say({ number: issue.number, author: 'dave', body: '/apply' })).toBe('rocket');
    await story.ended(merged, 'planwright/deploy', 'success');
    await stage.eventually('the issue is closed', () =>
      stage.github.issues(repo).find((one) => one.number === issue.number)?.state === 'closed' ? true : undefined,
    );
    const asked = cluster.audit?.since(before);
    if (asked !== undefined) {
      expect(dryRunsIn(asked).length).toBeGreaterThan(0);
      expect(writesIn(asked)).toEqual([]);
    }
  });

  it('says which cluster does not answer, and goes on working', async () => {
    const proposal = await story.propose('Nowhere', {
      'settings/nowhere/settings.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n',
    });
    const { plan, gate } = await story.checked(proposal);
    expect({ plan: plan.conclusion, gate: gate.conclusion }).toEqual({ plan: 'failure', gate: 'failure' });
    expect(plan.output.summary).toContain(unreachableName);
    expect(plan.output.summary).toContain('nothing listens there; is the API server running?');
    expect((await fetch(`${stage.planwright.url}/healthz`)).status).toBe(200);
    await story.deploy(
      await story.propose('Somewhere', {
        'settings/staging/settings.yaml': `${namespace(settings)}---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n`,
      }),
    );
    expect(stage.github.violations).toEqual([]);
  });
});
