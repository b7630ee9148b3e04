import { hasEnded } from '@muster/domain/campaigns/campaign.machine';
import { judgeWave } from '@muster/domain/campaigns/judge-wave';
import { type CampaignRow, campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { recall } from '@muster/persistence/campaigns/recall';
import { returnables } from '@muster/persistence/campaigns/returnable.store';
import { recallAndReturn } from '@muster/persistence/campaigns/rollback.store';
import { waveFacts } from '@muster/persistence/campaigns/tick.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { type Acting, type JudgedWave, move, refuse, requireReason } from './acting.js';

export async function pause(acting: Acting): Promise<void> {
  await move(acting, 'pause');
  // A return is the parent's own doing: who pauses the parent pauses it.
  const child = acting.row.state === 'rolling_back' ? await openChild(acting) : null;
  if (child !== null && ['preparing', 'running', 'held'].includes(child.state)) await along(acting, child, 'pause');
}

/**
 * Goes on where it stood. After a halt somebody takes responsibility for what went wrong so far: it no longer counts,
 * and what comes does.
 */
export async function resume(acting: Acting): Promise<void> {
  const { tx, row, reason, now } = acting;
  if (row.state === 'halted') {
    if (row.childId !== null) throw refuse(row, 'Its devices are being returned, or were: start a new campaign.');
    requireReason(reason, 'is needed after a halt');
    await waveStore.reopen(tx, row.id, now);
    return move(acting, 'resume');
  }
  if (row.state !== 'paused' && row.state !== 'pausing') return move(acting, 'resume');
  await waveStore.shiftSoaks(tx, row.id, now.getTime() - row.since.getTime());
  const child = await openChild(acting);
  if (child === null) return move(acting, await standing(acting), 'resume');
  await move(acting, 'rollback', 'resume');
  if (child.state === 'paused' || child.state === 'pausing') await along(acting, child, 'resume');
}

/** Where a paused campaign stood: before its first wave, held between two, or within one. */
async function standing({ tx, row }: Acting): Promise<'prepare' | 'hold' | 'resume'> {
  if (row.startedAt === null) return 'prepare';
  const waves = await waveStore.list(tx, [row.id]);
  const under = waves.some((wave) => wave.state === 'open' || wave.state === 'soaking');
  const last = waves.findLast((wave) => wave.state === 'passed' || wave.state === 'empty');
  const next = waves.some((wave) => wave.state === 'planned');
  return !under && next && last !== undefined && row.plan.waves[last.n - 1]?.holdAfter ? 'hold' : 'resume';
}

/** The return of its devices that has not ended, locked. */
async function openChild({ tx, row }: Acting): Promise<CampaignRow | null> {
  const child = row.childId === null ? null : await campaignStore.lock(tx, row.childId);
  return child === null || hasEnded(child.state) ? null : child;
}

/** Does to the return what was done to its parent. */
async function along(acting: Acting, child: CampaignRow, verb: 'pause' | 'resume'): Promise<void> {
  const { tx, principal, now } = acting;
  const self = { ...acting, row: child };
  const event = verb === 'pause' || child.startedAt !== null ? verb : 'prepare';
  await move(self, event, verb);
  const inputs = { by: principal.name, with: acting.row.id };
  await decisionStore.append(
    tx,
    child.id,
    { kind: 'operator', wave: null, verdict: null, code: verb, inputs, limits: {} },
    now,
  );
  const row = await campaignStore.get(tx, child.id);
  await outbox.drop(tx, {
    tenantId: principal.tenantId,
    type: 'campaign.changed',
    key: child.id,
    payload: { campaignId: child.id, state: row!.state },
  });
}

export async function hold({ tx, row }: Acting): Promise<void> {
  const n = row.currentWave;
  if (row.state !== 'running' || n === null || n >= row.plan.waves.length)
    throw refuse(row, 'Only a running campaign with another wave to come can be held before it.');
  const waves = row.plan.waves.map((wave, i) => (i === n - 1 ? { ...wave, holdAfter: true } : wave));
  await campaignStore.setPlan(tx, row.id, { ...row.plan, waves });
}

async function waveUnderWay({ tx, row, now }: Acting): Promise<JudgedWave> {
  const waves = await waveStore.list(tx, [row.id]);
  const current = waves.find((wave) => wave.state === 'open' || wave.state === 'soaking');
  if (row.state !== 'running' || current === undefined) throw refuse(row, 'No wave is open.');
  const wave = waveFacts(row.plan, current, now);
  return { wave, ...judgeWave(wave).judgement };
}

/** Skips the rest of a soak, or goes on after a hold. A failing gate, or one without enough data, is never skipped. */
export async function advance(acting: Acting): Promise<void> {
  const { tx, row, now } = acting;
  if (row.state === 'held') return move(acting, 'resume', 'advance');
  const { wave, code, verdict } = await waveUnderWay(acting);
  if (code === 'no_data' && acting.reason !== null)
    await waveStore.move(tx, row.id, wave.n, { from: ['open'], to: 'empty', detail: acting.reason }, now);
  else if (verdict !== 'pass' || !(await waveStore.endSoak(tx, row.id, now)))
    throw refuse(row, `Wave ${wave.n} has not passed its gate.`, { gate: code });
  await campaignStore.move(tx, row.id, { to: 'running', code: 'advance', detail: acting.reason }, now);
}

/**
 * Passes a wave whose gate waits for data that may never come, on somebody's responsibility. A broken limit is never
 * passed; a wave that has passed is still judged, so that what comes later can halt the campaign.
 */
export async function override(acting: Acting): Promise<void> {
  const { tx, row, now } = acting;
  const reason = requireReason(acting.reason, 'says why the wave passes without its data');
  const { wave, code, verdict } = await waveUnderWay(acting);
  if (verdict === 'halt') throw refuse(row, `Wave ${wave.n} breaks its gate: no override passes it.`, { gate: code });
  if (verdict === 'pass')
    throw refuse(row, `Wave ${wave.n} passes its gate: there is nothing to override.`, { gate: code });
  await waveStore.move(
    tx,
    row.id,
    wave.n,
    { from: ['open', 'soaking'], to: 'passed', code: 'override', detail: reason },
    now,
  );
  const holds = wave.holdAfter && wave.n < row.plan.waves.length;
  await campaignStore.move(tx, row.id, { to: holds ? 'held' : 'running', code: 'override', detail: reason }, now);
}

export async function stop(acting: Acting): Promise<void> {
  await move(acting, 'stop');
  await recall(acting.tx, acting.row.id, 'campaign_stopped', acting.now);
}

export async function rollback(acting: Acting): Promise<void> {
  const { tx, row, now } = acting;
  if (row.kind !== 'release' || row.parentId !== null) throw refuse(row, 'Only a release campaign can be rolled back.');
  if (row.childId !== null) throw refuse(row, 'Its devices are being returned, or were.', { childId: row.childId });
  await move(acting, 'rollback');
  if ((await returnables(tx, row)).length === 0) throw refuse(row, 'No device is on the release.');
  const { childId } = await recallAndReturn(tx, row, now);
  await outbox.drop(tx, {
    tenantId: acting.principal.tenantId,
    type: 'campaign.created',
    key: childId,
    payload: { campaignId: childId },
  });
}
