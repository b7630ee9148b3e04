import type * as routes from '@muster/contracts/campaigns/campaigns.routes';
import type { GateCheck, Verdict } from '@muster/contracts/campaigns/decisions.schema';
import { type CampaignEvent, campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import type { WaveFacts } from '@muster/domain/campaigns/tick-facts';
import { type CampaignRow, campaignStore } from '@muster/persistence/campaigns/campaign.store';
import type { Tx } from '@muster/persistence/database';
import type { Call } from '../http/endpoint.js';
import type { Principal } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

export type ActionCall = Call<typeof routes.pauseCampaign>;

/** One person doing one thing to one campaign, whose row is locked. */
export interface Acting {
  readonly tx: Tx;
  readonly row: CampaignRow;
  readonly principal: Principal;
  readonly reason: string | null;
  readonly now: Date;
}

/** The wave under way and what its gate says of it. */
export interface JudgedWave {
  readonly wave: WaveFacts;
  readonly verdict: Verdict;
  readonly code: string;
  readonly checks: readonly GateCheck[];
}

export const refuse = (row: CampaignRow, detail: string, facts: object = {}): Refusal =>
  new Refusal('campaign_state_refused', detail, { state: row.state, ...facts });

/** The reason of an action that does not go without one. */
export function requireReason(reason: string | null, message: string): string {
  if (reason !== null && reason.trim() !== '') return reason;
  throw new Refusal('validation_failed', undefined, undefined, [{ pointer: '/body/reason', message }]);
}

/** Asks the machine and moves the campaign; `code` says what was asked for when the event does not. */
export async function move(
  { tx, row, principal, reason, now }: Acting,
  event: CampaignEvent,
  code: string = event,
): Promise<void> {
  const step = machine.next(row.state, event);
  if (step.kind === 'refused')
    throw refuse(row, `A campaign that is ${row.state.replaceAll('_', ' ')} does not take ${code}.`, {
      allowed: step.allowed,
    });
  const detail = reason ?? `by ${principal.name}`;
  await campaignStore.move(tx, row.id, { to: step.state, code, detail }, now);
}
