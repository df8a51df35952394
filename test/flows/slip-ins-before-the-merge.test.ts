import { describe } from 'vitest';
import { slipInsAreRefused } from './slip-ins.contract.ts';

describe('what slips in before the merge deploys nothing that was not approved', () => {
  slipInsAreRefused(['approved', 'open']);
});
