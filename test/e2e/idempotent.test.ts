import { afterAll, beforeAll, describe } from 'vitest';
import { ChangeStory } from './change-story.ts';
import { describeIdempotence } from './idempotent.contract.ts';
import { type Stage, setStage } from './stage.ts';

const configuration = `version: 1
environments:
  staging:
    cluster: staging
    approvals: 0
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
    timeout: 60s
`;

describe('applying on the sandbox cluster', () => {
  let stage: Stage;
  let story: ChangeStory;
  beforeAll(async () => {
    stage = await setStage({ clusterNames: ['staging'], files: { '.github/planwright.yml': configuration } });
    story = new ChangeStory(stage);
  });
  afterAll(() => stage?.close());

  describeIdempotence({
    stage: () => stage,
    story: () => story,
    environment: 'staging',
    kinds: ['ConfigMap', 'Secret', 'Service', 'Deployment'],
    ofEachKind: 8,
  });
});
