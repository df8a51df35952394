import { readFileSync } from 'node:fs';
import type { DemoPull, DemoSnapshot } from '../../../src/sandbox/demo/snapshot.ts';

const headSha = '8f14e45fceea167a5a36dedd4bea2543c6a1b0d2';
const mergeSha = 'c9f0f895fb98ab9159f51fd0297e236d1e2f3a4b';
const updatedAt = new Date('2026-03-04T09:30:00Z');

/** One of the texts that Planwright's report is known to write. */
export function reportText(path: string): string {
  return readFileSync(new URL(`../../domain/report/__snapshots__/${path}`, import.meta.url), 'utf8');
}

/** Only what GitHub shows of a check: its summary without the title that stands above it in the file. */
function checkSummary(path: string): string {
  return (
    reportText(path)
      .replace(/^conclusion:.*\ntitle:.*\n/, '')
      .split('\n--- text')[0] ?? ''
  );
}

/** Nothing but the first step has begun. */
export const startingSnapshot: DemoSnapshot = {
  steps: [
    { title: 'Starting a GitHub, the clusters and Planwright on this machine', state: 'running' },
    { title: 'Opening a pull request: more replicas, a new image, one file removed', state: 'waiting' },
  ],
  pull: undefined,
  clusters: [],
  links: [],
  hint: 'Everything you see runs on this machine.',
};

const planned: DemoPull = {
  repository: 'acme/infra',
  number: 2,
  title: 'Payments: version 2',
  author: 'alice',
  state: 'open',
  headSha,
  comments: [{ author: 'planwright[bot]', body: reportText('plan-comment/destructive-first.md'), updatedAt }],
  reviews: [],
  checks: [
    {
      name: 'planwright/plan',
      sha: headSha,
      state: 'success',
      title: 'Delete 1, replace 1, update 2, create 1 in 2 targets',
      summary: checkSummary('plan-check/planned.md'),
    },
    {
      name: 'planwright/gate',
      sha: headSha,
      state: 'action_required',
      title: 'Waits for approvals of production',
      summary: checkSummary('gate-check/waiting.md'),
    },
  ],
  deployments: [],
};

/** A pull request with its plan, waiting for an approval. */
export const plannedSnapshot: DemoSnapshot = {
  steps: [
    { title: 'Starting a GitHub, the clusters and Planwright on this machine', state: 'done', seconds: 2.4 },
    { title: 'Deploying the first version: a pull request, approved and merged', state: 'done', seconds: 5.1 },
    { title: 'Waiting for the plan: two checks and one comment', state: 'done', seconds: 1.9 },
    { title: 'bob approves exactly these effects; the gate opens', state: 'running' },
    { title: 'alice merges; every target is planned again at its turn and deployed', state: 'waiting' },
  ],
  pull: planned,
  clusters: ['staging', 'production'].map((name) => ({
    name,
    objects: [
      { kind: 'Namespace', namespace: '', name: 'payments', status: 'Active' },
      { kind: 'ConfigMap', namespace: 'payments', name: 'settings', status: '2 keys' },
      {
        kind: 'Deployment',
        namespace: 'payments',
        name: 'api',
        status: name === 'staging' ? '3/3 ready, acme/api:1.9.0' : '1/3 ready, acme/api:1.9.0',
      },
      { kind: 'Service', namespace: 'payments', name: 'api', status: 'present' },
    ],
  })),
  links: [
    { label: 'this page', url: 'http://127.0.0.1:4000/' },
    { label: 'the sandbox GitHub', url: 'http://127.0.0.1:4001' },
  ],
  hint: 'Everything you see runs on this machine. Set KUBECONFIG to see the same on a cluster of your own.',
};

/** The same pull request after its merge: staging is done, production is held. */
export const mergedSnapshot: DemoSnapshot = {
  ...plannedSnapshot,
  steps: plannedSnapshot.steps.map((step, index) =>
    index < 4 ? { ...step, state: 'done', seconds: 1.2 } : { ...step, state: 'running' },
  ),
  pull: {
    ...planned,
    state: 'merged',
    comments: [{ author: 'planwright[bot]', body: reportText('plan-comment/after-the-merge.md'), updatedAt }],
    reviews: [{ reviewer: 'bob', state: 'APPROVED' }],
    checks: [
      ...planned.checks.map((check) =>
        check.name === 'planwright/gate'
          ? {
              ...check,
              state: 'success',
              title: 'Open: every requirement is met',
              summary: checkSummary('gate-check/open.md'),
            }
          : check,
      ),
      {
        name: 'planwright/deploy',
        sha: mergeSha,
        state: 'action_required',
        title: 'Held: web@production',
        summary: checkSummary('deploy-check/ended.md'),
      },
    ],
    deployments: [
      { environment: 'staging', state: 'success', description: '3 objects written' },
      {
        environment: 'production',
        state: 'pending',
        description: 'held: web@production was changed after the approval',
      },
    ],
  },
};

/** The snapshot with another text in its pull request's one comment. */
export function withComment(body: string): DemoSnapshot {
  return { ...plannedSnapshot, pull: { ...planned, comments: [{ author: 'planwright[bot]', body, updatedAt }] } };
}
