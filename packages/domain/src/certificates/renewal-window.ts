/** When a certificate is to be renewed. `start` carries the device's own jitter. */
export interface RenewalWindow {
  /** Before this a renewal is refused as too early: half of the life. */
  readonly opens: Date;
  /** When this device should renew: spread over the window by its serial number. */
  readonly start: Date;
  /** Where the jitter ends: two thirds of the life. */
  readonly end: Date;
  /** From here the renewal is late and alarms: 30 days left of 90, a third of any other life. */
  readonly overdue: Date;
}

export interface RenewalFacts {
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Set when an operator asked for an early replacement: the window is open from then on, without jitter. */
  readonly requestedAt: Date | null;
}

/**
 * The window opens at half of a certificate's life and the jitter ends at two thirds, so a fleet enrolled on one factory
 * day renews over two weeks. The jitter is a function of the serial number: every reader computes the same moment.
 */
export const renewalWindow = ({ serial, notBefore, notAfter, requestedAt }: RenewalFacts): RenewalWindow => {
  const life = notAfter.getTime() - notBefore.getTime();
  const at = (share: number) => new Date(Math.floor(notBefore.getTime() + life * share));
  const opens = at(1 / 2);
  const end = at(2 / 3);
  const start = at(1 / 2 + (1 / 6) * spread(serial));
  if (requestedAt && requestedAt < start) {
    return { opens: earlier(opens, requestedAt), start: requestedAt, end: requestedAt, overdue: end };
  }
  return { opens, start, end, overdue: end };
};

const earlier = (a: Date, b: Date): Date => (a < b ? a : b);

/** FNV-1a over the text, to [0, 1): even enough to spread load; nothing secret depends on it. */
const spread = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
};
