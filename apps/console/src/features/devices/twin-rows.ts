import type { Drift, Twin } from '@muster/contracts/devices/devices.schema';

export interface TwinRow {
  readonly path: string;
  readonly desired: unknown;
  readonly reported: unknown;
  readonly drift: Drift | null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const leaves = (value: unknown, path: string, into: Map<string, unknown>): Map<string, unknown> => {
  if (isObject(value) && Object.keys(value).length > 0)
    for (const [key, inner] of Object.entries(value)) leaves(inner, path ? `${path}.${key}` : key, into);
  else if (path) into.set(path, value);
  return into;
};

/** Pointers (`/config/heartbeatS`) and dotted paths name the same field. */
export const dotted = (path: string): string => (path.startsWith('/') ? path.slice(1).replaceAll('/', '.') : path);

/**
 * The twin key by key: every leaf either side has, with its drift where the server found one. A drift on a branch marks
 * the leaves under it. Drifting rows come first, then the managed ones, then what only the device reports.
 */
export const twinRows = (twin: Twin): TwinRow[] => {
  const desired = leaves(twin.desired, '', new Map());
  const reported = leaves(twin.reported, '', new Map());
  const drifts = twin.drifts.map((drift) => ({ drift, path: dotted(drift.path) }));
  const paths = new Set([...desired.keys(), ...reported.keys()]);
  for (const { path } of drifts)
    if (![...paths].some((known) => known === path || known.startsWith(`${path}.`))) paths.add(path);
  const rank = (row: TwinRow) => (row.drift ? 0 : row.desired !== undefined ? 1 : 2);
  return [...paths]
    .map((path) => {
      const found = drifts.find((one) => path === one.path || path.startsWith(`${one.path}.`));
      return {
        path,
        desired: desired.has(path)
          ? desired.get(path)
          : found?.path === path
            ? (found.drift.desired ?? undefined)
            : undefined,
        reported: reported.has(path)
          ? reported.get(path)
          : found?.path === path
            ? (found.drift.reported ?? undefined)
            : undefined,
        drift: found?.drift ?? null,
      };
    })
    .sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
};
