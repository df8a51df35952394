import { describe, expect, it } from 'vitest';
import { openPool } from '../../../src/adapters/postgres/connection-pool.ts';
import { deliveryInbox } from '../../../src/adapters/postgres/delivery-inbox.ts';
import { openDatabase } from '../../../src/adapters/postgres/open-database.ts';
import { deliveryGuid } from '../../../src/domain/identity.ts';
import { embeddedPlace } from '../../contracts/database-place.ts';
import { quietLog } from '../../contracts/quiet-log.ts';

describe('delivery inbox', { timeout: 60_000 }, () => {
  it('stores deliveries that come together with few statements, and tells each whether it was new', async () => {
    const place = await embeddedPlace();
    const database = await openDatabase({ ...place.options, log: quietLog() });
    const guids = [...Array(2_000).keys()].map((index) => deliveryGuid(`guid-${index % 1_000}`));
    const news = await Promise.all(guids.map((guid) => database.inbox.store({ guid, event: 'push' })));
    expect(news.filter((isNew) => isNew)).toHaveLength(1_000);
    expect(news.slice(0, 500).every((isNew) => isNew)).toBe(true);
    expect(await database.store.takeDeliveries(5_000)).toHaveLength(1_000);

    const pool = openPool({ connection: await place.connection(), max: 1, log: quietLog() });
    const { rows } = await pool.query(
      'select count(distinct xmin::text)::int as transactions from planwright.delivery',
    );
    expect(rows[0].transactions).toBeLessThan(10);
    await pool.end();
    await database.close();
    await place.remove();
  });

  it('refuses every waiting delivery when the database fails, and the next one again', async () => {
    const pool = openPool({ connection: { host: '/nonexistent' }, max: 1, log: quietLog() });
    const inbox = deliveryInbox(pool);
    const answers = await Promise.allSettled(
      [1, 2, 3].map((index) => inbox.store({ guid: deliveryGuid(`g${index}`), event: 'push' })),
    );
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(inbox.store({ guid: deliveryGuid('g4'), event: 'push' })).rejects.toThrow();
    await pool.end();
  });
});
