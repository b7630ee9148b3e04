import type { MqttClient } from 'mqtt';
import type { MqttSession } from './net.js';

/** How long a good-bye waits for the broker. */
const GOODBYE_MS = 2_000;

/**
 * A session over a connected client that never reconnects by itself. mqtt.js keeps what is in flight when the connection
 * goes, for a reconnect that never comes, and its polite `end` waits for it: here both settle.
 */
export function sessionOver(client: MqttClient, goodbyeMs = GOODBYE_MS): MqttSession {
  let closed: string | null = null;
  const listeners: ((reason: string) => void)[] = [];
  const close = (reason: string) => {
    if (closed !== null) return;
    closed = reason;
    for (const listener of listeners) listener(reason);
  };
  let inFlight = 0;
  let whenQuiet = () => {};
  const track = async <T>(work: Promise<T>): Promise<T> => {
    inFlight++;
    try {
      return await work;
    } finally {
      if (--inFlight === 0) whenQuiet();
    }
  };
  const quiet = () =>
    new Promise<void>((resolve) => {
      whenQuiet = resolve;
      if (inFlight === 0) resolve();
    });

  client.on('error', (error) => close(error.message));
  client.on('close', () => {
    close('connection closed');
    // Rejects what is in flight.
    client.end(true);
  });
  return {
    publish: async (topic, payload) => {
      await track(client.publishAsync(topic, payload as string | Buffer, { qos: 1 }));
    },
    subscribe: async (filter) => {
      const [granted] = await track(client.subscribeAsync(filter, { qos: 1 }));
      if (!granted || granted.qos > 2) throw new Error(`subscription to ${filter} refused`);
    },
    onMessage: (listener) => {
      client.on('message', (topic, payload) => listener(topic, payload));
    },
    onClose: (listener) => {
      if (closed === null) listeners.push(listener);
      else listener(closed);
    },
    end: async (polite) => {
      close('ended');
      const late = setTimeout(() => client.stream.destroy(), goodbyeMs);
      if (polite) await quiet();
      await client.endAsync(!polite || !client.connected).catch(() => undefined);
      clearTimeout(late);
    },
  };
}
