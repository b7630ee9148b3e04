import { campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import type { NewLetter } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { campaignStore } from './campaign.store.js';
import { decisionStore } from './decision.store.js';
import { draftStore } from './draft.store.js';
import { withdraw } from './withdraw.js';

const CODE = 'kill_switch';
const moving = ['preparing', 'running', 'held', 'rolling_back'] as const;
/** Nothing more is offered in these, yet devices may still be at what they were offered before. */
const draining = ['pausing', 'paused'] as const;
/** What would begin by itself as soon as it may. */
const standing = ['halted', 'scheduled'] as const;

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
 * After the switch is released nothing begins by itself: campaigns that halted and were to return their devices wait for
 * somebody to order it, and those whose start was missed are drafts again. Returns the letters.
 */
export async function leaveToPeople(tx: Tx, by: By, now: Date): Promise<NewLetter[]> {
  const letters: NewLetter[] = [];
  for (const { id, state, plan, childId, kind, parentId, startAt } of await campaignStore.lockAll(tx, standing)) {
    if (state === 'scheduled') {
      if (startAt === null || startAt > now) continue;
      await draftStore.missStart(tx, id, now);
      await decisionStore.append(tx, id, record(by, 'start_missed'), now);
      letters.push({
        tenantId: tx.tenantId!,
        type: 'campaign.changed',
        key: id,
        payload: { campaignId: id, state: 'draft' },
      });
    } else if (plan.autoRollback && childId === null && kind === 'release' && parentId === null) {
      await campaignStore.setPlan(tx, id, { ...plan, autoRollback: false });
      await decisionStore.append(tx, id, record(by, 'return_left_to_people'), now);
    }
  }
  return letters;
}
