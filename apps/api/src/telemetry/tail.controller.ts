import { tailTelemetry } from '@muster/contracts/telemetry/telemetry.routes';
import type { TailEvent } from '@muster/contracts/telemetry/telemetry.schema';
import { Database } from '@muster/persistence/database';
import { tailStore } from '@muster/persistence/telemetry/tail.store';
import { Controller } from '@nestjs/common';
import { credentialsOf } from '../http/door.guard.js';
import { type Call, Endpoint } from '../http/endpoint.js';
import { beginEventStream, eventText, openEventStream } from '../http/event-stream.js';
import { type Principal, PrincipalSource } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import type { DeviceTail, TailEntry } from './device-tail.js';
import { TailHub } from './tail.hub.js';

@Controller()
export class TailController {
  constructor(
    private readonly database: Database,
    private readonly hub: TailHub,
    private readonly principals: PrincipalSource,
  ) {}

  /** Last-Event-ID, which a browser sends by itself when it reconnects, says where to go on. */
  @Endpoint(tailTelemetry)
  async tail(call: Call<typeof tailTelemetry>): Promise<void> {
    const { request, reply, principal, params } = call;
    const key = await this.database.tenant(principal.tenantId, (tx) => tailStore.deviceKey(tx, params.deviceId));
    if (key === null) throw Refusal.notFound('device', params.deviceId);
    const { tail, release } = await this.hub.watch(key, principal.id);
    const response = beginEventStream(reply);
    response.on('close', release);
    if (response.destroyed) return release();
    let at = positionOf(tail, request.headers['last-event-id']);
    openEventStream({
      response,
      principal,
      stillThere: async () => {
        const now = await this.principals.resolve(credentialsOf(request));
        return now?.tenantId === principal.tenantId && now.permissions.has('telemetry:read') ? now : null;
      },
      subscribe: (wake) => tail.subscribe(wake),
      pull: (who) => {
        const entries = at === null ? null : tail.after(at);
        at = tail.head;
        if (entries === null) return resync(tail, at);
        return entries.map((entry) => textOf(tail, entry, who)).join('');
      },
    });
  }
}

/** Where to go on; null when what the reader missed cannot be told. */
const positionOf = (tail: DeviceTail, lastEventId: string | string[] | undefined): number | null => {
  if (lastEventId === undefined) return tail.head;
  const [life, n] = String(lastEventId).split('-');
  return life === tail.life && /^\d{1,15}$/.test(n ?? '') ? Number(n) : null;
};

const resync = (tail: DeviceTail, n: number): string => eventText(`${tail.life}-${n}`, 'resync', {});

const textOf = (tail: DeviceTail, { n, message }: TailEntry, who: Principal): string => {
  if (message === null) return resync(tail, n);
  const maySee = who.permissions.has('telemetry:personal');
  const event: TailEvent = {
    ...message,
    readings: message.readings.map(({ personal, ...reading }) =>
      personal && !maySee ? { ...reading, value: null, quality: 0 } : reading,
    ),
  };
  return eventText(`${tail.life}-${n}`, 'readings', event);
};
