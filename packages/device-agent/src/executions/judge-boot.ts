import type { Update } from './execution-state.js';
import type { Installed } from './installer.js';

/** Starts of the agent one release gets before it has to be well. */
const MAX_STARTS = 5;

/** What a start of the agent finds: where the update stood, what runs now, and whether a supervisor already went back. */
export interface BootFacts {
  update: Update;
  installed: Installed;
  endedTrial: string | null;
}

/** Where an unfinished update stands is decided by what runs, never by what was meant to run. */
export function judgeBoot({ update, installed, endedTrial }: BootFacts): Update {
  const isNew = installed.version === update.manifest.version;
  switch (update.step) {
    case 'activating':
    case 'verifying':
      if (isNew) return onTrial({ ...update, starts: update.starts + 1 });
      // Still the old one while activating: the switch has not happened yet and is done again.
      if (endedTrial === null && update.step === 'activating') return update;
      return failed(update, 'self_reverted', endedTrial ?? 'the device fell back before the release was confirmed');
    case 'reverting':
      if (isNew) return update;
      return failed(update, update.reasonCode ?? 'self_reverted', update.reasonDetail ?? 'the device went back');
    default:
      return update;
  }
}

function onTrial(update: Update): Update {
  if (update.starts <= MAX_STARTS) return { ...update, step: 'verifying' };
  return { ...update, step: 'reverting', reasonCode: 'self_reverted', reasonDetail: 'the release kept restarting' };
}

const failed = (update: Update, reasonCode: string, reasonDetail: string): Update => ({
  ...update,
  step: 'failed',
  reasonCode,
  reasonDetail,
});
