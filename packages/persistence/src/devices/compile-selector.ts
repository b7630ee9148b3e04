import type { Selector } from '@muster/contracts/devices/devices.schema';

/**
 * `matchSelector` of the domain as SQL: the same grammar over columns of `devices`. Values go to `params`, which grows;
 * what comes back is a condition on the table alias, `true` for the empty selector.
 */
export function compileSelector(selector: Selector, params: unknown[], alias = 'd'): string {
  const bind = (value: unknown, type: string): string => `$${params.push(value)}::${type}`;
  const within = (column: string, values: readonly string[] | undefined, type: string): string[] =>
    values === undefined ? [] : [`${alias}.${column} = any(${bind(values, type)})`];
  const conditions = [
    ...within('id', selector.ids, 'uuid[]'),
    ...within('model', selector.model, 'text[]'),
    ...within('site', selector.site, 'text[]'),
    ...within('class', selector.class, 'text[]'),
    ...within('firmware_version', selector.firmware, 'text[]'),
    ...(Object.keys(selector.labels ?? {}).length === 0
      ? []
      : [`${alias}.labels @> ${bind(JSON.stringify(selector.labels), 'jsonb')}`]),
  ];
  return conditions.length === 0 ? 'true' : conditions.join(' and ');
}
