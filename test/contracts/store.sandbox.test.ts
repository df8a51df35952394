import { embeddedPlace } from './database-place.ts';
import { storeContract } from './store.contract.ts';

storeContract(embeddedPlace);
