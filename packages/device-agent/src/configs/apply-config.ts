import { ConfigDocument, type ModbusSource, type TelemetryForm } from '@muster/contracts/configs/configs.schema';
import type { TwinDocument, TwinValue } from '@muster/domain/devices/merge-twin';

export type Verdicts = Record<string, { verdict: 'accepted' | 'rejected'; detail?: string }>;

/** The parts of the agent a configuration can change. A setter says what is wrong, or null. */
export interface Settings {
  heartbeatS(seconds: number | undefined): string | null;
  telemetryS(seconds: number | undefined): string | null;
  telemetryForm(form: TelemetryForm | undefined): string | null;
  keepArtifact(keep: boolean | undefined): string | null;
  modbusSources(sources: readonly ModbusSource[]): Promise<string | null>;
}

const KNOWN = ['heartbeatS', 'telemetryS', 'telemetry', 'updates', 'modbus'] as const;
type Known = (typeof KNOWN)[number];

/**
 * Puts a configuration into force key by key. A refused key keeps what was in force before and says why; keys this agent
 * does not know are the fleet's own settings, carried and reported as they are.
 */
export async function applyConfig(
  settings: Settings,
  desired: TwinDocument,
  inForce: TwinDocument,
): Promise<{ applied: TwinDocument; verdicts: Verdicts }> {
  const applied: Record<string, TwinValue> = {};
  const verdicts: Verdicts = {};
  for (const [key, value] of Object.entries(desired)) {
    const fault = isKnown(key) ? await applyKnown(settings, key, value) : null;
    if (fault === null) {
      applied[key] = value;
      verdicts[`/config/${key}`] = { verdict: 'accepted' };
    } else {
      if (inForce[key] !== undefined) applied[key] = inForce[key];
      verdicts[`/config/${key}`] = { verdict: 'rejected', detail: fault.slice(0, 500) };
    }
  }
  for (const key of KNOWN) if (!(key in desired)) await withdraw(settings, key);
  return { applied, verdicts };
}

const isKnown = (key: string): key is Known => (KNOWN as readonly string[]).includes(key);

async function applyKnown(settings: Settings, key: Known, value: TwinValue): Promise<string | null> {
  const parsed = ConfigDocument.safeParse({ [key]: value });
  if (!parsed.success)
    return parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  const { heartbeatS, telemetryS, telemetry, updates, modbus } = parsed.data;
  if (key === 'heartbeatS') return settings.heartbeatS(heartbeatS);
  if (key === 'telemetryS') return settings.telemetryS(telemetryS);
  if (key === 'telemetry') return settings.telemetryForm(telemetry);
  if (key === 'updates') return settings.keepArtifact(updates?.keepArtifact);
  return settings.modbusSources(modbus?.sources ?? []);
}

/** A key that is gone returns to what the agent does without it. */
async function withdraw(settings: Settings, key: Known): Promise<void> {
  if (key === 'heartbeatS') settings.heartbeatS(undefined);
  else if (key === 'telemetryS') settings.telemetryS(undefined);
  else if (key === 'telemetry') settings.telemetryForm(undefined);
  else if (key === 'updates') settings.keepArtifact(undefined);
  else await settings.modbusSources([]);
}
