import { downlinkSchemas } from '@muster/contracts/mqtt/downlink';
import { downlinkChannels, topicFor, uplinkChannels } from '@muster/contracts/mqtt/topics';
import { MAX_UPLINK_BYTES, uplinkVersions } from '@muster/contracts/mqtt/uplink';
import { z } from 'zod';

interface Property {
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Property[];
  items?: Property;
  properties?: Record<string, Property>;
  required?: string[];
  additionalProperties?: Property | boolean;
}

/** docs/reference/topics.md: every channel a device speaks and hears, from the schemas themselves. */
export function writeTopics(): string {
  const at = { tenant: '{tenant}', device: '{device}' };
  const up = uplinkChannels.map((channel) => {
    const topic = topicFor({ ...at, direction: 'up', channel, place: null });
    const place = channel === 'telemetry' ? ' A place of one to five levels may follow the topic.' : '';
    const versions: readonly { version: number; schema: z.ZodType }[] = uplinkVersions[channel];
    return versions
      .toReversed()
      .map(({ version, schema }, age) =>
        age === 0
          ? section(topic, `schemaVersion ${version}.${place}`, schema)
          : section(null, `schemaVersion ${version}, still taken.`, schema),
      )
      .join('\n');
  });
  const down = downlinkChannels.map((channel) =>
    section(topicFor({ ...at, direction: 'down', channel, place: null }), '', downlinkSchemas[channel]),
  );
  return `# Topics and messages

Written from \`packages/contracts/src/mqtt\`; a test compares it. Payloads of at most ${MAX_UPLINK_BYTES / 1024} KiB, in JSON or as
[telemetry-format.md](../telemetry-format.md) says; unknown fields are tolerated. \`{device}\` is the CN of the client certificate and
the MQTT client id. Examples are the fixtures beside the schemas.

## From the device

${up.join('\n')}
## To the device

${down.join('\n')}`;
}

function section(topic: string | null, text: string, schema: z.ZodType): string {
  const rows = rowsOf(z.toJSONSchema(schema, { io: 'input' }) as Property, '').join('\n');
  const heading = topic === null ? '' : `### \`${topic}\`\n\n`;
  return `${heading}${text ? `${text}\n\n` : ''}| field | type | required |\n|---|---|---|\n${rows}\n`;
}

/** A row a field, and below a list of objects the fields of these. */
function rowsOf({ properties = {}, required = [] }: Property, within: string): string[] {
  return Object.entries(properties).flatMap(([name, property]) => [
    `| \`${within}${name}\` | ${typeOf(property)} | ${required.includes(name) ? 'yes' : ''} |`,
    ...(property.items ? rowsOf(property.items, `${name}[].`) : []),
  ]);
}

function typeOf(property: Property): string {
  if (property.enum) return property.enum.length > 12 ? 'a listed code' : property.enum.map(String).join(', ');
  if (property.anyOf) return property.anyOf.map(typeOf).join(' or ');
  if (property.items) return `list of ${typeOf(property.items)}`;
  const { additionalProperties: fields } = property;
  if (typeof fields === 'object' && (fields.type || fields.anyOf)) return `object of ${typeOf(fields)}`;
  return [property.type ?? 'any'].flat().join(' or ');
}
