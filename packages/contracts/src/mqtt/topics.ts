/** The only spelling of a topic: topicFor and parseTopic are exact inverses. Nobody else writes the prefix. */
const ROOT = 'muster/v1';

export const uplinkChannels = ['heartbeat', 'telemetry', 'twin', 'command', 'execution', 'trust'] as const;
export const downlinkChannels = ['ack', 'twin', 'command', 'execution', 'trust'] as const;
export type UplinkChannel = (typeof uplinkChannels)[number];
export type DownlinkChannel = (typeof downlinkChannels)[number];

export type Topic =
  | { tenant: string; device: string; direction: 'up'; channel: UplinkChannel; place: string | null }
  | { tenant: string; device: string; direction: 'down'; channel: DownlinkChannel; place: null };

const TENANT = /^[a-z0-9-]{1,32}$/;
const DEVICE = /^[0-9a-f-]{36}$/;
/** A place is 1 to 5 levels such as site/panel/circuit; only telemetry carries one. */
const PLACE = /^[a-zA-Z0-9_.-]{1,64}(\/[a-zA-Z0-9_.-]{1,64}){0,4}$/;

export const isPlace = (text: string): boolean => PLACE.test(text);

export function topicFor(topic: Topic): string {
  const head = `${devicePrefix(topic.tenant, topic.device)}/${topic.direction}/${topic.channel}`;
  return topic.place === null ? head : `${head}/${topic.place}`;
}

/** Everything one device may publish and receive lies below this prefix. */
export const devicePrefix = (tenant: string, device: string): string => `${ROOT}/${tenant}/${device}`;

/** What a device subscribes to: all its downlinks. */
export const downlinkFilter = (tenant: string, device: string): string => `${devicePrefix(tenant, device)}/down/#`;

/** What the control plane subscribes to: every uplink of every device. */
export const uplinkFilter = `${ROOT}/+/+/up/#`;

/** Null where the text does not follow the grammar. */
export function parseTopic(text: string): Topic | null {
  const [a, b, tenant, device, direction, channel, ...rest] = text.split('/');
  if (`${a}/${b}` !== ROOT || tenant === undefined || device === undefined || channel === undefined) return null;
  if (!TENANT.test(tenant) || !DEVICE.test(device)) return null;
  const place = rest.length === 0 ? null : rest.join('/');
  if (direction === 'up' && (uplinkChannels as readonly string[]).includes(channel)) {
    if (place !== null && (channel !== 'telemetry' || !PLACE.test(place))) return null;
    return { tenant, device, direction, channel: channel as UplinkChannel, place };
  }
  if (direction === 'down' && place === null && (downlinkChannels as readonly string[]).includes(channel))
    return { tenant, device, direction, channel: channel as DownlinkChannel, place };
  return null;
}
