import type { UplinkMessage } from '@muster/ingest/uplink';
import { createLogger } from '@muster/runtime/logging/logger';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { FleetTransport } from './fleet.transport.js';
import type { UplinkTransport } from './uplink.port.js';

const message = (seqNo: number): UplinkMessage => ({
  tenant: 'north',
  deviceId: `device-${seqNo}`,
  channel: 'telemetry',
  place: null,
  payload: Buffer.from('{}'),
  receivedAt: new Date(0),
  fingerprint: null,
});

/** A turn of the event loop, after which whatever waits for nothing is done. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const open = () => {
  const said: string[] = [];
  const say = (word: string) => () => void said.push(word);
  const broker: UplinkTransport = {
    revocationLagMs: 0,
    start: async () => {},
    pause: say('pause'),
    resume: say('resume'),
    publish: async () => {},
    kick: async () => false,
    hasSession: () => false,
    close: async () => void said.push('close'),
  };
  const pipeline = {
    deadLetters: { add: async () => {} },
    acks: { flush: async () => void said.push('tell devices') },
    handlers: { open: () => {} },
  };
  const log = createLogger({ process: 'test', level: 'silent' });
  const fleet = new FleetTransport(broker, () => pipeline, log, new Registry());
  const commits: PromiseWithResolvers<void>[] = [];
  fleet.addHandler('uplink.telemetry', () => {
    const commit = Promise.withResolvers<void>();
    commits.push(commit);
    return commit.promise;
  });
  const send = (seqNo: number) => fleet.onMessage(message(seqNo), say(`PUBACK ${seqNo}`));
  return { fleet, said, commits, send };
};

describe('messages on their way', () => {
  it('have their PUBACK after the commit, and one that fails holds back nobody', async () => {
    const { said, commits, send } = open();
    send(1);
    send(2);
    await turn();
    expect(said).toEqual([]);
    commits[1]!.resolve();
    commits[0]!.reject(new Error('not even to the dead letters'));
    await turn();
    expect(new Set(said)).toEqual(new Set(['PUBACK 1', 'PUBACK 2']));
  });

  it('are committed and told before the end, and what comes then is not taken', async () => {
    const { fleet, said, commits, send } = open();
    send(1);
    await turn();
    const closed = fleet.close();
    send(2);
    await turn();
    expect([said, commits.length]).toEqual([['pause'], 1]);
    commits[0]!.resolve();
    await closed;
    expect(said).toEqual(['pause', 'PUBACK 1', 'tell devices', 'close']);
  });
});
