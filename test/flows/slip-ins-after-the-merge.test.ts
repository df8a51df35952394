import { describe } from 'vitest';
import { slipInsAreRefused } from './slip-ins.contract.ts';

describe('what slips in after the merge deploys nothing that was not approved', () => {
  slipInsAreRefused(['merged', 'writing']);
});
