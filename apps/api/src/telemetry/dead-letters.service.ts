import type * as routes from '@muster/contracts/telemetry/telemetry.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { type DeadLetterRow, deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { readablePayload } from '@muster/telemetry/readable-payload';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const MOST_AT_ONCE = 10_000;
const PER_LETTER = 500;

/** Messages that could not be taken: looked at, fed through again, or given up. */
@Injectable()
export class DeadLettersService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listDeadLetters>) {
    const { state, reason, deviceId, pageSize } = call.query;
    const after = this.paging.after(call)?.[0] as string | undefined;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await deadLetterStore.list(tx, { state, reason, deviceId, after, limit: pageSize + 1 });
      return this.paging.page(call, rows, (row) => [row.id], toDeadLetter);
    });
  }

  /** Hands the message back to the pipeline by a letter; what comes of it may be another dead letter. */
  replay(call: Call<typeof routes.replayDeadLetter>) {
    const body = call.body.body === undefined ? undefined : Buffer.from(call.body.body);
    return this.resolve(call, 'replayed', body, (tx, { id }) =>
      outbox.drop(tx, {
        tenantId: call.principal.tenantId,
        type: 'dead_letter.replay_requested',
        key: id,
        payload: { deadLetterId: id },
      }),
    );
  }

  drop(call: Call<typeof routes.dropDeadLetter>) {
    return this.resolve(call, 'dropped');
  }

  /** One letter for every some hundred messages: each of them alone would fill the queue. */
  replayMany(call: Call<typeof routes.replayDeadLetters>) {
    return this.resolveMany(call, 'replayed', (tx, ids) => {
      const letters = Array.from({ length: Math.ceil(ids.length / PER_LETTER) }, (_, n) => {
        const deadLetterIds = ids.slice(n * PER_LETTER, (n + 1) * PER_LETTER);
        const { tenantId } = call.principal;
        return { tenantId, type: 'dead_letter.replays_requested', key: deadLetterIds[0]!, payload: { deadLetterIds } };
      });
      return outbox.dropAll(tx, letters);
    });
  }

  dropMany(call: Call<typeof routes.dropDeadLetters>) {
    return this.resolveMany(call, 'dropped');
  }

  private resolveMany(
    { principal, body, requestId }: Call<typeof routes.replayDeadLetters> | Call<typeof routes.dropDeadLetters>,
    state: 'replayed' | 'dropped',
    andThen?: (tx: Tx, ids: readonly string[]) => Promise<unknown>,
  ): Promise<{ count: number; more: boolean }> {
    return this.database.insist(principal.tenantId, async (tx) => {
      const how = { state, by: principal.name, at: this.clock.now() };
      const ids = await deadLetterStore.resolveMany(tx, body, how, MOST_AT_ONCE);
      const record = { actor: actorOf(principal), action: `dead_letters.${state}`, resource: 'dead_letters' };
      await audit.append(tx, { ...record, after: { ...body, count: ids.length }, requestId });
      await andThen?.(tx, ids);
      return { count: ids.length, more: ids.length === MOST_AT_ONCE };
    });
  }

  private resolve(
    call: Call<typeof routes.replayDeadLetter> | Call<typeof routes.dropDeadLetter>,
    state: 'replayed' | 'dropped',
    body?: Buffer,
    andThen?: (tx: Tx, row: DeadLetterRow) => Promise<unknown>,
  ) {
    const { principal, params, requestId } = call;
    const id = params.deadLetterId;
    if (!UUID.test(id)) throw Refusal.notFound('deadLetter', id);
    return this.database.tenant(principal.tenantId, async (tx) => {
      const how = { state, by: principal.name, at: this.clock.now(), body };
      const row = await deadLetterStore.resolve(tx, id, how);
      if (!row) {
        const known = await deadLetterStore.find(tx, id);
        if (!known) throw Refusal.notFound('deadLetter', id);
        throw new Refusal('conflict', `It was ${known.state} already.`, { state: known.state });
      }
      const record = { actor: actorOf(principal), action: `dead_letter.${state}`, resource: `dead_letter:${id}` };
      await audit.append(tx, { ...record, after: { edited: body !== undefined }, requestId });
      await andThen?.(tx, row);
      return toDeadLetter(row);
    });
  }
}

const toDeadLetter = (row: DeadLetterRow) => {
  const { encoding, decoded, hex } = readablePayload(row.body);
  return {
    ...row,
    receivedAt: row.receivedAt.toISOString(),
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
    body: row.body.toString('utf8'),
    bodyBytes: row.body.length,
    encoding,
    decoded,
    bodyHex: hex,
    lastAt: row.lastAt?.toISOString() ?? null,
  };
};
