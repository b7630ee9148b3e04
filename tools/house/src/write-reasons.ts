import { deviceReasons } from '@muster/contracts/reasons';

/** docs/reference/reasons.md */
export const writeReasons = (): string =>
  [
    '# Reasons devices give',
    '',
    'Written from the code; `npx vitest run -u --project unit tools/house/src/reasons` writes it again.',
    '',
    'The `reasonCode` of a report on `up/command` or `up/execution`: why the device refused an order or failed at it. Other agents',
    'may give reasons of their own. The worker counts them as `muster_device_reasons_total{order, state, code}`; those that are',
    'not in this list have the code `other` there, and stand in full beside the command or update.',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...Object.entries(deviceReasons).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`),
    '',
  ].join('\n');
