import { permissions, roles } from '@muster/contracts/access/permissions';
import { problems } from '@muster/contracts/problem';
import { permissionsOf } from '@muster/domain/access/role-permissions';
import type { RoutesByNoun } from './write-openapi.js';

const row = (...cells: string[]): string => `| ${cells.join(' | ')} |`;
const WRITTEN = 'Written from the code; `npx vitest run -u --project unit apps/api/src/openapi` writes it again.';

/** docs/reference/problems.md */
export const writeProblems = (nouns: RoutesByNoun): string => {
  const refusedBy = new Map<string, string[]>();
  for (const routes of Object.values(nouns)) {
    for (const [name, route] of Object.entries(routes)) {
      for (const code of route.refuses ?? []) refusedBy.set(code, [...(refusedBy.get(code) ?? []), `\`${name}\``]);
    }
  }
  const rows = Object.entries(problems).map(([code, [status, title]]) =>
    row(`\`${code}\``, String(status), title, refusedBy.get(code)?.sort().join(', ') ?? ''),
  );
  return [
    '# Problems',
    '',
    WRITTEN,
    '',
    'Every refusal is `application/problem+json` (RFC 9457). Decide by `code`: titles and details may be reworded.',
    '`errors` points at faults by JSON pointer into the request seen as one document `{params, query, body}`.',
    'The last column names the operations that document the code; the door itself adds those every route can answer.',
    'Codes without operations belong to the device doors, to dead letters, or to the door itself.',
    '',
    'Every refusal is counted under its code, on the `/metrics` of the process that refused:',
    '',
    row('where', 'counter'),
    row('---', '---'),
    row('application API and device API', '`muster_http_refusals_total{door="people" or "devices", code}`'),
    row('uplinks that became dead letters, on any broker', '`muster_dead_letters_total{code}`'),
    row('connections, publishes and subscriptions at the embedded broker', '`muster_broker_refusals_total{code}`'),
    row(
      'orders a device refused or failed at',
      '`muster_device_reasons_total{order, state, code}`, see [reasons](reasons.md)',
    ),
    '',
    'Mosquitto refuses certificates and foreign topics by itself and counts neither; at its shipped log level it logs the certificates only.',
    '',
    row('code', 'status', 'meaning', 'operations'),
    row('---', '---', '---', '---'),
    ...rows,
    '',
  ].join('\n');
};

/** docs/reference/permissions.md */
export const writePermissions = (nouns: RoutesByNoun): string => {
  const needed = new Map<string, string[]>();
  for (const routes of Object.values(nouns)) {
    for (const [name, { permission }] of Object.entries(routes)) {
      if (permission) needed.set(permission, [...(needed.get(permission) ?? []), `\`${name}\``]);
    }
  }
  const rows = permissions.map((permission) =>
    row(
      `\`${permission}\``,
      ...roles.map((role) => (permissionsOf(role).includes(permission) ? 'yes' : '')),
      needed.get(permission)?.sort().join(', ') ?? '',
    ),
  );
  return [
    '# Permissions',
    '',
    WRITTEN,
    '',
    'A person has the permissions of their role in the tenant; an API key has its own, never more than its maker had.',
    '',
    row('permission', ...roles, 'operations'),
    row(...Array.from({ length: roles.length + 2 }, () => '---')),
    ...rows,
    '',
  ].join('\n');
};
