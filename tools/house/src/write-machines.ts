import { campaign } from '@muster/domain/campaigns/campaign.machine';
import { execution } from '@muster/domain/campaigns/execution.machine';
import { wave } from '@muster/domain/campaigns/wave.machine';
import { certificate } from '@muster/domain/certificates/certificate.machine';
import { command } from '@muster/domain/commands/command.machine';
import { lifecycle } from '@muster/domain/devices/lifecycle.machine';
import { release } from '@muster/domain/releases/release.machine';
import { generation } from '@muster/domain/trust/generation.machine';
import { rollover } from '@muster/domain/trust/rollover.machine';
import { signingKey } from '@muster/domain/trust/signing-key.machine';

const machines = {
  device: lifecycle,
  certificate,
  command,
  release,
  campaign,
  wave,
  execution,
  generation,
  rollover,
  'signing key': signingKey,
};

/** docs/reference/state-machines.md: the tables of the domain as diagrams. */
export function writeMachines(): string {
  const chapters = Object.entries(machines).flatMap(([name, machine]) => [
    `## ${name[0]!.toUpperCase()}${name.slice(1)}`,
    '',
    '```mermaid',
    machine.toMermaid().trimEnd(),
    '```',
    '',
  ]);
  return [
    '# State machines',
    '',
    'Written from the code; `npx vitest run -u --project unit tools/house` writes it again.',
    '',
    'Every state carries `reasonCode`, `reasonDetail` and `since`.',
    '',
    ...chapters,
  ].join('\n');
}
