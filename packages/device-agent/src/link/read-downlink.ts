import { downlinkSchemas } from '@muster/contracts/mqtt/downlink';
import type { DownlinkChannel } from '@muster/contracts/mqtt/topics';
import type { z } from 'zod';

export type Downlink<C extends DownlinkChannel> = z.infer<(typeof downlinkSchemas)[C]>;

/** One handler a channel; what it returns is awaited, and a failure in it is its own. */
export type DownlinkHandlers = { [C in DownlinkChannel]: (message: Downlink<C>) => Promise<void> };

/**
 * Hands a message to the handler of its channel. Answers what is wrong with one that does not parse: there is nobody a
 * device could complain to, so it is logged and dropped.
 */
export async function handleDownlink(
  handlers: DownlinkHandlers,
  channel: DownlinkChannel,
  payload: Uint8Array,
): Promise<string | null> {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(payload).toString());
  } catch {
    return 'not JSON';
  }
  const parsed = downlinkSchemas[channel].safeParse(document);
  if (!parsed.success) return parsed.error.issues[0]?.message ?? 'not valid';
  // The schema of a channel parses to what the handler of that channel takes; the compiler cannot pair the two by key.
  await (handlers[channel] as (message: unknown) => Promise<void>)(parsed.data);
  return null;
}
