import { embeddedPlace } from './database-place.ts';
import { jobsContract } from './jobs.contract.ts';

jobsContract(embeddedPlace);
