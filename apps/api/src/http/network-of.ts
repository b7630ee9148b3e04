import { isIPv6 } from 'node:net';

/**
 * What limits by address count: an IPv4 address as it is, of an IPv6 address its /64, because that is the least anybody is
 * given and whoever has one has all its addresses.
 */
export const networkOf = (address: string): string => {
  const bare = address.split('%', 1)[0]!;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.toLowerCase().split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const end = tail === '' ? [] : tail.split(':');
    // A dotted tail stands for two groups; it never reaches into the first four but behind a '::' at their place.
    const width = end.length + (end.at(-1)?.includes('.') ? 1 : 0);
    while (groups.length < 8 - width) groups.push('0');
    groups.push(...end);
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
};
