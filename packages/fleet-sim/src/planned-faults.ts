import { z } from 'zod';
import { Behaviour, ReleaseFault } from './behaviour.js';
import { PresenceHabit, type PresencePlan } from './presence.js';

export const PlannedFaults = z.record(z.string(), Behaviour);

/**
 * Reads `VERSION=KIND@SHARE[,name=value…]`, such as `2.1.0=defers@0.1,times=5` or `*=lies@0.02`. Throws with a sentence.
 * Several of one version are drawn from one another's rest.
 */
export function readFaults(words: readonly string[]): Record<string, Behaviour> {
  const faults: Record<string, Behaviour> = {};
  for (const word of words) {
    const [, version, kind, share, rest] = /^([^=]+)=([a-z_]+)@([0-9.]+)((?:,[^,=]+=[^,]*)*)$/.exec(word) ?? [];
    if (version === undefined) throw new Error(`--fault reads VERSION=KIND@SHARE[,name=value…], not "${word}"`);
    const settings = rest!
      .split(',')
      .slice(1)
      .map((pair) => pair.split('=', 2) as [string, string])
      .map(([name, text]) => [name, text !== '' && Number.isFinite(Number(text)) ? Number(text) : text]);
    const parsed = ReleaseFault.safeParse({ kind, ...Object.fromEntries(settings) });
    if (!parsed.success) throw new Error(`--fault ${word}: ${z.prettifyError(parsed.error)}`);
    faults[version] = [...(faults[version] ?? []), { share: shareOf('--fault', share!), fault: parsed.data }];
  }
  return faults;
}

/** Reads `HABIT=SHARE`, such as `nightly=0.2`. Throws with a sentence. */
export const readPresence = (words: readonly string[]): PresencePlan =>
  words.map((word) => {
    const [habit, share = ''] = word.split('=', 2);
    const known = PresenceHabit.safeParse(habit);
    if (!known.success) throw new Error(`--presence knows ${PresenceHabit.options.join(', ')}, not "${word}"`);
    return { habit: known.data, share: shareOf('--presence', share) };
  });

function shareOf(name: string, text: string): number {
  const share = Number(text);
  if (text !== '' && share >= 0 && share <= 1) return share;
  throw new Error(`${name}: a share is a number from 0 to 1, not "${text}"`);
}
