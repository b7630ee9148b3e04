import { campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import type { NewLetter } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { campaignStore } from './campaign.store.js';
import { decisionStore } from './decision.store.js';
import { withdraw } from './withdraw.js';

const CODE = 'kill_switch';
const moving = ['preparing', 'running', 'held', 'rolling_back'] as const;
/** Nothing more is offered in these, yet devices may still be at what they were offered before. */
const draining = ['pausing', 'paused'] as const;

interface By {
  readonly by: string;
  readonly reason: string;
}

const record = ({ by, reason }: By, code: string) => ({
  kind: 'operator' as const,
  wave: null,
  verdict: null,
  code,
  inputs: { by, reason },
  limits: {},
});

/**
 * Pauses every campaign of the tenant that moves, returns too, and takes back what has not passed the point of no
 * return. The caller holds the kill switch. Returns the letters, to be dropped at the end as everybody does.
 */
export async function pauseEverything(tx: Tx, by: By, now: Date): Promise<NewLetter[]> {
  const campaigns = await campaignStore.lockAll(tx, [...moving, ...draining]);
  const letters = await withdraw(tx, campaigns, CODE, now);
  for (const { id, state } of campaigns) {
    const step = machine.next(state, 'pause');
    if (step.kind === 'refused') continue;
    await campaignStore.move(tx, id, { to: step.state, code: CODE, detail: by.reason }, now);
    await decisionStore.append(tx, id, record(by, CODE), now);
    letters.push({
      tenantId: tx.tenantId!,
      type: 'campaign.changed',
      key: id,
      payload: { campaignId: id, state: step.state },
    });
  }
  return letters;
}

/**
 * After the switch is released nothing begins by itself: campaigns that halted and were to return their devices wait
 * for somebody to order it.
 */
export async function leaveReturnsToPeople(tx: Tx, by: By, now: Date): Promise<NewLetter[]> {
  for (const { id, plan, childId, kind, parentId } of await campaignStore.lockAll(tx, ['halted'])) {
    if (!plan.autoRollback || childId !== null || kind !== 'release' || parentId !== null) continue;
    await campaignStore.setPlan(tx, id, { ...plan, autoRollback: false });
    await decisionStore.append(tx, id, record(by, 'leave the return to people'), now);
  }
  return [];
}
