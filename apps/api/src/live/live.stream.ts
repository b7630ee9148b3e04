import type { ServerResponse } from 'node:http';
import { permissionForLetter } from '@muster/domain/access/letter-permission';
import { eventText, openEventStream } from '../http/event-stream.js';
import type { Principal } from '../http/principal.js';
import type { LiveHub } from './live.hub.js';

export interface LiveStreamOptions {
  readonly hub: LiveHub;
  readonly response: ServerResponse;
  /** Position to continue after; one that was never given counts as lost. */
  readonly after: number;
  readonly principal: Principal;
  readonly stillThere: () => Promise<Principal | null>;
}

/** Letters a principal may see, in order. One that falls out of what is kept gets `resync` and must read everything afresh. */
export const openLiveStream = ({ hub, after, ...stream }: LiveStreamOptions): void => {
  let position = after;
  openEventStream({
    ...stream,
    subscribe: (wake) => hub.subscribe(wake),
    pull: async (who) => {
      const { letters, upTo, missed } = await hub.read(who.tenantId, position);
      const seen = letters.filter(({ type }) => who.permissions.has(permissionForLetter(type) as never));
      position = upTo;
      const resync = missed ? `event: resync\nid: ${upTo}\ndata: {}\n\n` : '';
      return resync + seen.map((letter) => eventText(letter.position, letter.type, letter.payload)).join('');
    },
  });
};
