import { downlinkSchemas } from '@muster/contracts/mqtt/downlink';
import { downlinkChannels, topicFor, uplinkChannels } from '@muster/contracts/mqtt/topics';
import { MAX_UPLINK_BYTES, schemaVersions, uplinkSchemas } from '@muster/contracts/mqtt/uplink';
import { z } from 'zod';

type Property = { type?: string | string[]; enum?: unknown[]; anyOf?: Property[]; items?: Property; pattern?: string };

/** docs/reference/topics.md: every channel a device speaks and hears, from the schemas themselves. */
export function writeTopics(): string {
  const at = { tenant: '{tenant}', device: '{device}' };
  const up = uplinkChannels.map((channel) => {
    const topic = topicFor({ ...at, direction: 'up', channel, place: null });
    const { newest, oldest } = schemaVersions[channel];
    const place = channel === 'telemetry' ? ' A place of one to five levels may follow the topic.' : '';
    return section(topic, `schemaVersion ${oldest} to ${newest}.${place}`, uplinkSchemas[channel]);
  });
  const down = downlinkChannels.map((channel) =>
    section(topicFor({ ...at, direction: 'down', channel, place: null }), '', downlinkSchemas[channel]),
  );
  return `# Topics and messages

Written from \`packages/contracts/src/mqtt\`; a test compares it. JSON payloads of at most ${MAX_UPLINK_BYTES / 1024} KiB; unknown fields are
tolerated. \`{device}\` is the CN of the client certificate and the MQTT client id. Examples are the fixtures beside the
schemas.

## From the device

${up.join('\n')}
## To the device

${down.join('\n')}`;
}

function section(topic: string, text: string, schema: z.ZodType): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as {
    properties?: Record<string, Property>;
    required?: string[];
  };
  const rows = Object.entries(properties).map(
    ([name, property]) => `| \`${name}\` | ${typeOf(property)} | ${required.includes(name) ? 'yes' : ''} |`,
  );
  return `### \`${topic}\`\n\n${text ? `${text}\n\n` : ''}| field | type | required |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function typeOf(property: Property): string {
  if (property.enum) return property.enum.length > 12 ? 'a listed code' : property.enum.map(String).join(', ');
  if (property.anyOf) return property.anyOf.map(typeOf).join(' or ');
  if (property.items) return `list of ${typeOf(property.items)}`;
  return [property.type ?? 'any'].flat().join(' or ');
}
