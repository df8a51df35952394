import type { ApplicationFunction } from 'probot';
import type { Hint } from '../../domain/delivery/hint.ts';
import { readHint } from '../../domain/delivery/read-hint.ts';
import { subscribedEvents } from './subscribed-events.ts';

export interface Inbox {
  /** Resolves when the hint is on disk, false when it was there before; rejects when it could not be stored. */
  store(hint: Hint): Promise<boolean>;
}

/** The delivery is not on disk; GitHub must be told so, and can send it again. */
class DeliveryNotStored extends Error {
  constructor(guid: string, cause: unknown) {
    super(
      `delivery ${guid} could not be stored: ${cause instanceof Error ? cause.message : String(cause)}; redeliver it from the App's settings page, section Advanced`,
      { cause },
    );
    this.name = 'DeliveryNotStored';
  }

  /** Probot hangs the whole delivery on the error and logs it with everything that people wrote in it; it is dropped here. */
  set event(_delivery: unknown) {}
}

/** The whole of the Probot app: one handler, which stores the delivery and ends. All work is done later, from the inbox. */
export function storeDeliveries(inbox: Inbox): ApplicationFunction {
  return (app) => {
    app.on([...subscribedEvents], async ({ id, name, payload }) => {
      try {
        await inbox.store(readHint({ guid: id, event: name, payload }));
      } catch (error) {
        throw new DeliveryNotStored(id, error);
      }
    });
  };
}
