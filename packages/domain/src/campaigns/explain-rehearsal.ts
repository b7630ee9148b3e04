import type { Rehearsal } from '@muster/contracts/campaigns/rehearsals.schema';

/** 200 → "3 minutes", 9000 → "2.5 hours", 300000 → "3.5 days". */
export function duration(seconds: number): string {
  const [value, unit] =
    seconds < 90
      ? [seconds, 'second']
      : seconds < 5_400
        ? [seconds / 60, 'minute']
        : seconds < 129_600
          ? [seconds / 3_600, 'hour']
          : [seconds / 86_400, 'day'];
  const shown = Number(value.toFixed(value < 10 && unit !== 'second' && unit !== 'minute' ? 1 : 0));
  return `${shown} ${unit}${shown === 1 ? '' : 's'}`;
}

const devices = (n: number): string => `${Math.round(n)} ${Math.round(n) === 1 ? 'device' : 'devices'}`;

/** What a rehearsal shows, in one or two sentences with numbers. */
export function explainRehearsal(
  it: Pick<Rehearsal, 'runs' | 'ends' | 'durationS' | 'exposed' | 'targets'>,
  failureRate: number,
): string {
  const of = (...states: readonly string[]): number =>
    it.ends.filter((end) => states.includes(end.state)).reduce((sum, end) => sum + end.runs, 0);
  const halted = of('halted');
  const through = of('completed', 'completed_with_stragglers');
  const stuck = it.runs - halted - through;
  const release =
    failureRate === 0
      ? 'A good release'
      : `A release that fails on ${Number((failureRate * 100).toFixed(2))}% of devices`;
  if (halted === it.runs)
    return `${release} is halted in all ${it.runs} runs, usually with ${devices(it.exposed.p50)} on it and at worst with ${it.exposed.max} of ${it.targets}.`;
  const ends = [
    through > 0 ? `reaches everybody who comes online in ${through} of ${it.runs} runs` : null,
    halted > 0 ? `is halted in ${halted}, with up to ${devices(it.exposed.max)} on it` : null,
    stuck > 0 ? `is not through after ${duration(it.durationS.max)} in ${stuck}` : null,
  ].filter((part) => part !== null);
  const time =
    through > 0
      ? ` Half of the runs take less than ${duration(it.durationS.p50)}, nine of ten less than ${duration(it.durationS.p90)}.`
      : '';
  return `${release} ${ends.join(', ')}.${time}`;
}
