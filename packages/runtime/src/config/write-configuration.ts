import { settingsSchema } from './settings.js';

/** docs/reference/configuration.md: every setting of the server processes, from the schema that reads them. */
export function writeConfiguration(): string {
  const rows = Object.entries(settingsSchema.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined);
    const otherwise = fallback.success && fallback.data !== undefined ? `\`${fallback.data}\`` : '';
    return `| \`${name}\` | ${otherwise} | ${schema.description ?? ''} |`;
  });
  return [
    '# Configuration',
    '',
    'Written from the code; `npx vitest run -u --project unit packages/runtime/src/config` writes it again.',
    '',
    'Settings are environment variables of the api and worker processes. An empty variable counts as unset. At boot every',
    'fault is listed at once and the process ends with code 78. `npm start` takes the first ones as flags as well.',
    '',
    '| variable | default | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
