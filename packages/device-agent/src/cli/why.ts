import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type AgentExplanation, explainAgent } from '@muster/domain/campaigns/explain-agent';
import { type ExecutionsState, noExecutions, reportedAs } from '../executions/execution-state.js';
import { EXECUTIONS_PATH } from '../executions/open-updater.js';
import { Slots } from '../executions/slots.js';
import { DiskFiles } from '../ports/disk-files.js';
import { Document } from '../ports/document.js';

/** Why the device of a state folder is or is not updating. Only reads: the agent may be running. */
export async function explainState(folder: string): Promise<AgentExplanation> {
  const document = await Document.open<ExecutionsState>(new DiskFiles(folder), EXECUTIONS_PATH, noExecutions);
  const { update, answer, confirmed } = { ...noExecutions, ...document.value };
  const slots = new Slots(folder);
  const slot = await slots.current();
  const label = slot && (await slots.label(slot));
  return explainAgent({
    installed: label?.version ?? (confirmed?.regressed === false ? confirmed.version : null),
    update: update && {
      version: update.manifest.version,
      state: reportedAs[update.step],
      reasonCode: update.reasonCode ?? null,
      reasonDetail: update.reasonDetail ?? null,
      retryAfterS: update.retryAfterS ?? null,
      restartAt: update.step === 'waiting' ? (update.restartAt ?? null) : null,
    },
    answer: answer && { ...answer, retryAfterS: answer.retryAfterS ?? null },
  });
}

/** The state folder of this machine's agent when nobody named one: the only one there is. Throws with a sentence. */
export async function onlyState(home = join(homedir(), '.muster-agent')): Promise<string> {
  const names = await readdir(home).catch(() => []);
  if (names.length === 1) return join(home, names[0]!);
  if (names.length === 0) throw new Error(`no agent has kept its state below ${home}; name its folder with --state`);
  throw new Error(`several agents have their state below ${home} (${names.join(', ')}); name one with --state`);
}
