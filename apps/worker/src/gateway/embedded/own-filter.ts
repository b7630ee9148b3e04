import { devicePrefix, downlinkChannels } from '@muster/contracts/mqtt/topics';
import type { SessionGrant } from './sessions.js';

const ends: ReadonlySet<string> = new Set([...downlinkChannels, '+', '#']);

/**
 * Whether a filter hears the device's own downlinks and nothing else. There are seven such filters, so that nobody fills the
 * broker with subscriptions.
 */
export const isOwnFilter = ({ tenant, deviceId }: SessionGrant, filter: string): boolean => {
  const down = `${devicePrefix(tenant, deviceId)}/down/`;
  return filter.startsWith(down) && ends.has(filter.slice(down.length));
};
