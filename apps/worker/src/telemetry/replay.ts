import { parseTopic } from '@muster/contracts/mqtt/topics';
import { DeadLetters } from '@muster/ingest/dead-letters';
import { Database } from '@muster/persistence/database';
import { type DeadLetterRow, deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { UplinkHandlers } from '../gateway/uplink-handlers.js';
import type { LetterJob } from '../outbox/routing.js';

/** Sends a dead letter through the pipeline as if its device had sent it now. What is refused again is a new dead letter. */
@Injectable()
export class Replay {
  constructor(
    private readonly handlers: UplinkHandlers,
    private readonly deadLetters: DeadLetters,
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Those a letter names, side by side: what is stored already is a duplicate, so the job may run again. */
  async runMany({ payload }: LetterJob): Promise<void> {
    const { deadLetterIds } = payload as { deadLetterIds: string[] };
    const rows = await this.database.system((tx) => deadLetterStore.findMany(tx, deadLetterIds));
    await Promise.all(rows.map((row) => this.run(row)));
  }

  async run(row: DeadLetterRow): Promise<void> {
    const topic = parseTopic(row.topic);
    if (topic?.direction !== 'up') {
      await this.deadLetters.add({
        topic: row.topic,
        payload: row.body,
        receivedAt: this.clock.now(),
        reason: 'topic_malformed',
        detail: 'replayed, and the topic is still not one a device publishes on',
        deviceId: row.deviceId,
      });
      return;
    }
    await this.handlers.handle({
      tenant: topic.tenant,
      deviceId: topic.device,
      channel: topic.channel,
      place: topic.place,
      payload: row.body,
      receivedAt: this.clock.now(),
      fingerprint: null,
      replayed: true,
    });
  }
}
