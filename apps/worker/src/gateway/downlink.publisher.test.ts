import { expect, test } from 'vitest';
import { Downlink } from './downlink.publisher.js';
import type { UplinkTransport } from './uplink.port.js';

/** A broker that is away, as the transport tells it. */
const away: Pick<UplinkTransport, 'publish'> = {
  publish: async () => {
    throw new Error('there is no connection to the broker');
  },
};

/** A turn of the event loop: a rejection that nobody awaits is told after the first. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a message that fails before anybody asks is a failure for who asks, and for nobody else', async () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown): void => void unheard.push(reason);
  process.on('unhandledRejection', hear);
  const downlink = new Downlink(away as UplinkTransport);
  const sent = downlink.handOver('acme', 'device', 'command', {} as never);
  await turn();
  await turn();
  await expect(sent()).rejects.toThrow('no connection');
  process.off('unhandledRejection', hear);
  expect(unheard).toEqual([]);
});
