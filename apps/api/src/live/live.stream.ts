import type { ServerResponse } from 'node:http';
import { permissionForLetter } from '@muster/domain/access/letter-permission';
import { writeDrained } from '../http/drained.js';
import type { Principal } from '../http/principal.js';
import type { LiveHub } from './live.hub.js';

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2_000;

export interface LiveStreamOptions {
  readonly hub: LiveHub;
  readonly response: ServerResponse;
  /** Position to continue after; one that was never given counts as lost. */
  readonly after: number;
  readonly principal: Principal;
  /** Asks again, at every heartbeat, who this is; null ends the stream. */
  readonly stillThere: () => Promise<Principal | null>;
}

/**
 * One open console or client (WHATWG HTML 9.2). It pulls from the hub at the pace the socket takes, so a slow reader
 * costs no memory; one that falls out of what is kept gets `resync` and must read everything afresh.
 */
export const openLiveStream = ({ hub, response, after, principal, stillThere }: LiveStreamOptions): void => {
  let position = after;
  let who = principal;
  let pumping = false;
  let woken = true;
  let heartbeat: NodeJS.Timeout;

  const close = (): void => void response.destroy();
  const write = async (text: string): Promise<void> => {
    if (!response.destroyed) await writeDrained(response, text);
  };
  const pump = async (): Promise<void> => {
    if (pumping) return;
    pumping = true;
    try {
      while (woken && !response.destroyed) {
        woken = false;
        const { letters, upTo, missed } = await hub.read(who.tenantId, position);
        if (missed) await write(`event: resync\nid: ${upTo}\ndata: {}\n\n`);
        const seen = letters.filter(({ type }) => who.permissions.has(permissionForLetter(type) as never));
        if (seen.length > 0) await write(seen.map(eventOf).join(''));
        position = upTo;
      }
    } catch {
      close();
    } finally {
      pumping = false;
    }
  };
  const beat = async (): Promise<void> => {
    const now = await stillThere().catch(() => null);
    if (!now) return close();
    who = now;
    await write(': alive\n\n').catch(close);
    heartbeat = setTimeout(beat, HEARTBEAT_MS);
  };

  const unsubscribe = hub.subscribe(() => {
    woken = true;
    void pump();
  });
  response.on('close', () => {
    clearTimeout(heartbeat);
    unsubscribe();
  });
  response.on('error', close);
  response.write(`retry: ${RETRY_MS}\n\n`);
  heartbeat = setTimeout(beat, HEARTBEAT_MS);
  void pump();
};

const eventOf = (letter: { position: number; type: string; payload: unknown }): string =>
  `id: ${letter.position}\nevent: ${letter.type}\ndata: ${JSON.stringify(letter.payload)}\n\n`;
