import { createHmac, randomUUID } from 'node:crypto';
import type { SandboxClock } from './clock.ts';
import type { App } from './model/state.ts';
import type { Validator, Violation } from './validator.ts';

/** What GitHub's hook delivery log says of one attempt. */
export interface Delivery {
  readonly id: number;
  readonly guid: string;
  readonly appId: number;
  readonly event: string;
  readonly action: string | null;
  readonly deliveredAt: Date;
  readonly redelivery: boolean;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly payload: unknown;
  readonly body: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: 'pending' | 'OK' | 'failed';
  /** 0 while pending and when no answer came. */
  readonly statusCode: number;
  readonly durationMs: number;
}

export interface Announcement {
  readonly app: App;
  readonly event: string;
  readonly action: string | null;
  readonly payload: unknown;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
}

/** GitHub gives a receiver ten seconds and does not try again by itself. */
const receiverTimeoutMs = 10_000;

const lostStatusCode = 502;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class WebhookSender {
  readonly #log: Writable<Delivery>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  readonly #losses: { readonly event: string | null; times: number }[] = [];
  readonly #clock: SandboxClock;
  readonly #validator: Validator | null;
  readonly #record: (violation: Violation) => void;
  readonly #newId: () => number;

  constructor(parts: {
    readonly clock: SandboxClock;
    readonly validator: Validator | null;
    readonly record: (violation: Violation) => void;
    readonly newId: () => number;
  }) {
    this.#clock = parts.clock;
    this.#validator = parts.validator;
    this.#record = parts.record;
    this.#newId = parts.newId;
  }

  get deliveries(): readonly Delivery[] {
    return this.#log;
  }

  /** Signs and posts in the background; an app without a webhook address gets nothing, as on GitHub. */
  send(announcement: Announcement): void {
    const problems = this.#validator?.webhook(announcement) ?? [];
    const { app, event, action } = announcement;
    if (problems.length > 0) {
      this.#record({ subject: 'webhook', where: action === null ? event : `${event}.${action}`, problems });
    }
    if (app.webhook === null) return;
    const body = JSON.stringify(announcement.payload);
    const guid = randomUUID();
    this.#deliver({
      id: this.#newId(),
      guid,
      appId: app.id,
      event,
      action,
      deliveredAt: this.#clock.now(),
      redelivery: false,
      installationId: announcement.installationId,
      repositoryId: announcement.repositoryId,
      payload: announcement.payload,
      body,
      url: app.webhook.url,
      headers: {
        'Content-Type': 'application/json',
        'User-Agent': 'GitHub-Hookshot/sandbox',
        'X-GitHub-Delivery': guid,
        'X-GitHub-Event': event,
        'X-GitHub-Hook-ID': String(app.id),
        'X-GitHub-Hook-Installation-Target-ID': String(app.id),
        'X-GitHub-Hook-Installation-Target-Type': 'integration',
        'X-Hub-Signature-256': `sha256=${createHmac('sha256', app.webhook.secret).update(body).digest('hex')}`,
      },
      status: 'pending',
      statusCode: 0,
      durationMs: 0,
    });
  }

  /** Sends a logged delivery again with its old GUID. False when the log has no such delivery. */
  redeliver(which: { readonly guid: string } | { readonly id: number }): boolean {
    const original = this.#log.find((delivery) =>
      'guid' in which ? delivery.guid === which.guid : delivery.id === which.id,
    );
    if (original === undefined) return false;
    this.#deliver({
      ...original,
      id: this.#newId(),
      deliveredAt: this.#clock.now(),
      redelivery: true,
      status: 'pending',
      statusCode: 0,
      durationMs: 0,
    });
    return true;
  }

  lose(loss: { readonly event: string | null; readonly times: number }): void {
    this.#losses.push({ ...loss });
  }

  /** Also waits for deliveries that begin while it waits. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #deliver(delivery: Writable<Delivery>): void {
    this.#log.push(delivery);
    const post = this.#post(delivery).finally(() => this.#underWay.delete(post));
    this.#underWay.add(post);
  }

  async #post(delivery: Writable<Delivery>): Promise<void> {
    if (this.#isLost(delivery.event)) {
      Object.assign(delivery, { status: 'failed', statusCode: lostStatusCode });
      return;
    }
    const startedAt = performance.now();
    try {
      const answer = await fetch(delivery.url, {
        method: 'POST',
        headers: delivery.headers,
        body: delivery.body,
        signal: AbortSignal.timeout(receiverTimeoutMs),
      });
      await answer.arrayBuffer();
      delivery.status = answer.ok ? 'OK' : 'failed';
      delivery.statusCode = answer.status;
    } catch {
      // A receiver that is down is an ordinary outcome: GitHub's log shows it, nobody is told.
      delivery.status = 'failed';
    }
    delivery.durationMs = performance.now() - startedAt;
  }

  #isLost(event: string): boolean {
    const loss = this.#losses.find(
      (candidate) => candidate.times > 0 && (candidate.event === null || candidate.event === event),
    );
    if (loss === undefined) return false;
    loss.times -= 1;
    return true;
  }
}
