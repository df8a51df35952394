import { lineContract } from './line.contract.ts';

lineContract(async () => ({}));
