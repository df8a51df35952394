import { sql } from 'kysely';
import type { Pool } from 'pg';
import type { Hint } from '../../domain/delivery/hint.ts';
import { deliveryGuid } from '../../domain/identity.ts';
import type { Records } from '../../flows/ports/store.ts';
import { jsonText } from './json-text.ts';
import { readRow } from './read-row.ts';
import type { Db } from './tables.ts';

/** Everybody who listens on it looks for unhandled deliveries. */
export const deliveryChannel = 'planwright_delivery';

/**
 * Parameters: GUIDs and hints as arrays of one length. Answers the GUIDs that were new, and wakes the listeners when there is one.
 * One statement for any number of deliveries, so that the server can prepare it once.
 */
export const insertDeliveries = `
  with added as (
    insert into planwright.delivery (guid, hint)
    select * from unnest($1::text[], $2::json[])
    on conflict do nothing
    returning guid
  ), told as (
    select pg_notify('${deliveryChannel}', '') from added limit 1
  )
  select guid from added where (select count(*) from told) >= 0`;

export function insertDeliveriesParameters(hints: readonly Hint[]): [guids: string[], texts: string[]] {
  return [hints.map(({ guid }) => guid), hints.map(jsonText)];
}

export function deliveryRecords(db: Db): Pick<Records, 'addDeliveries' | 'takeDeliveries' | 'markDeliveriesHandled'> {
  return {
    async addDeliveries(hints) {
      if (hints.length === 0) return 0;
      const [guids, texts] = insertDeliveriesParameters(hints);
      const added = await sql`
        with added as (
          insert into planwright.delivery (guid, hint)
          select * from unnest(${guids}::text[], ${texts}::json[])
          on conflict do nothing
          returning guid
        ), told as (
          select pg_notify(${deliveryChannel}, '') from added limit 1
        )
        select guid from added where (select count(*) from told) >= 0`.execute(db);
      return added.rows.length;
    },

    async takeDeliveries(limit) {
      const rows = await db
        .selectFrom('delivery')
        .select(['guid', 'hint'])
        .where('handled_at', 'is', null)
        .orderBy('sequence')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute();
      return rows.map(({ guid, hint }) =>
        readRow('delivery', guid, () => ({ ...(hint as Hint), guid: deliveryGuid(guid) })),
      );
    },

    async markDeliveriesHandled(guids) {
      if (guids.length === 0) return;
      await db
        .updateTable('delivery')
        .set({ handled_at: sql<Date>`now()` })
        .where('guid', 'in', [...guids])
        .where('handled_at', 'is', null)
        .execute();
    },
  };
}

/** Handled deliveries are kept as long as GitHub could send them again, and some more. */
export async function purgeDeliveries(pool: Pool): Promise<void> {
  await pool.query(`delete from planwright.delivery where handled_at < now() - interval '30 days'`);
}
