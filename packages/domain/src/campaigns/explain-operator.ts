import type { Decision } from './tick-facts.js';

const fields: Readonly<Record<string, string>> = { releaseId: 'release', supersedes: 'what it supersedes' };

const list = (names: readonly string[]): string => {
  const named = names.map((name) => fields[name] ?? name);
  return named.length < 2 ? named.join() : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`;
};

/** What somebody did to a campaign, or to all of them at once. */
export function explainOperator({ code, inputs }: Pick<Decision, 'code' | 'inputs'>): string {
  const by = String(inputs.by);
  const why = inputs.reason ? `: ${String(inputs.reason)}` : '';
  switch (code) {
    case 'edit':
      return `${by} changed ${Array.isArray(inputs.changed) ? list(inputs.changed.map(String)) : 'it'}.`;
    case 'kill_switch':
      return `${by} engaged the kill switch${why}.`;
    case 'start_missed':
      return `Its start came while the kill switch was engaged, which ${by} has released${why}. Somebody launches it anew.`;
    case 'return_left_to_people':
      return `${by} released the kill switch${why}. Its devices are returned when somebody orders it.`;
    default:
      return `${by} asked for ${code.replaceAll('_', ' ')}${why}.`;
  }
}
