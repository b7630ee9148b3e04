/** The list that names everything an authority revoked; it stands beside the shards of an authority that has several. */
export const WHOLE = -1;

/**
 * Which of an authority's revocation lists names a certificate: a function of its serial number (hex), so that nobody has
 * to remember it. `shards` is a power of two up to 256.
 */
export const crlShard = (serial: string, shards: number): number =>
  Number.parseInt(serial.slice(-2), 16) & (shards - 1);

/**
 * Every list of an authority with this many shards. With more than one, the whole list is kept too: what was issued while
 * there was one names its address.
 */
export const crlLists = (shards: number): number[] => [
  ...(shards === 1 ? [] : [WHOLE]),
  ...Array.from({ length: shards }, (_, shard) => shard),
];
