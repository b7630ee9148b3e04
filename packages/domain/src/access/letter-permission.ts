import type { Permission } from '@muster/contracts/access/permissions';
import type { LetterType } from '@muster/contracts/live/live.events';

type Noun = LetterType extends `${infer N}.${string}` ? N : never;

/** Which permission lets a principal see letters of a noun on the live stream. A new noun does not compile until it is here. */
const byNoun: Record<Noun, Permission> = {
  anomaly: 'telemetry:read',
  campaign: 'campaign:read',
  certificate: 'device:read',
  command: 'command:read',
  config: 'config:read',
  dead_letter: 'dead_letter:read',
  device: 'device:read',
  enrollment: 'enrollment:read',
  execution: 'campaign:read',
  freeze: 'campaign:read',
  kill_switch: 'campaign:read',
  notification: 'notification:read',
  release: 'release:read',
  telemetry: 'telemetry:read',
  trust: 'trust:read',
  twin: 'device:read',
};

/** The permission to see a letter; null for a type nobody may see, so that an unknown letter stays inside. */
export const permissionForLetter = (type: string): Permission | null => byNoun[type.split('.', 1)[0] as Noun] ?? null;
