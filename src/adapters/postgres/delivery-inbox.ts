import type { Pool } from 'pg';
import type { Hint } from '../../domain/delivery/hint.ts';
import { insertDeliveries, insertDeliveriesParameters } from './delivery-records.ts';

export interface DeliveryInbox {
  /**
   * Resolves when the hint is on disk: true when its GUID was new, false when it was stored before. Rejects when the database fails: the
   * sender must then be told to send again. Idempotent.
   */
  store(hint: Hint): Promise<boolean>;
}

interface Waiter {
  readonly hint: Hint;
  readonly resolve: (isNew: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** Bounds the memory of one statement. */
const largestBatch = 500;

/**
 * Deliveries that arrive while others are being written are written together, by one statement and one flush to disk: many webhooks a second
 * cost as many flushes as the disk can do, and a single one waits for nobody.
 */
export function deliveryInbox(pool: Pool): DeliveryInbox {
  let waiting: Waiter[] = [];
  let writing = false;

  const write = async (batch: readonly Waiter[]): Promise<void> => {
    try {
      const { rows } = await pool.query<{ guid: string }>({
        name: 'insert-deliveries',
        text: insertDeliveries,
        values: insertDeliveriesParameters(batch.map(({ hint }) => hint)),
      });
      const added = new Set(rows.map(({ guid }) => guid));
      // `delete`: of two with one GUID in the same batch, the first is the new one.
      for (const { hint, resolve } of batch) resolve(added.delete(hint.guid));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };

  const writeAll = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, largestBatch);
      waiting = waiting.slice(largestBatch);
      await write(batch);
    }
    writing = false;
  };

  return {
    store(hint) {
      return new Promise((resolve, reject) => {
        waiting.push({ hint, resolve, reject });
        if (!writing) void writeAll();
      });
    },
  };
}
