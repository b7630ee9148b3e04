import type { LetterType } from '@muster/contracts/live/live.events';
import type { QueryKey } from '@tanstack/react-query';

type Payload = Readonly<Record<string, string>>;
type Stale = (payload: Payload) => readonly QueryKey[];

const device: Stale = ({ deviceId }) => [['devices', 'list'], ['fleet'], ['device', deviceId]];
const presence: Stale = ({ deviceId }) => [
  ['devices', 'list'],
  ['fleet'],
  ['device', deviceId, 'one'],
  ['device', deviceId, 'timeline'],
];
const twin: Stale = ({ deviceId }) => [
  ['device', deviceId, 'twin'],
  ['device', deviceId, 'one'],
  ['device', deviceId, 'explanation'],
];
const drift: Stale = (payload) => [...twin(payload), ['drift'], ['fleet'], ['configs'], ['devices', 'list']];
const token: Stale = ({ tokenId }) => [
  ['tokens', 'list'],
  ['tokens', tokenId],
];
const certificate: Stale = ({ deviceId }) => [
  ['device', deviceId],
  ['tokens'],
  ['certificates'],
  ['trust', 'overview'],
];
const approval: Stale = () => [['approvals'], ['trust', 'overview']];
const trust: Stale = () => [['trust']];
const command: Stale = ({ deviceId }) => [
  ['device', deviceId, 'commands'],
  ['device', deviceId, 'timeline'],
];
const config: Stale = () => [['configs'], ['drift'], ['fleet']];
const release: Stale = () => [['releases']];
const campaign: Stale = ({ campaignId }) => [
  ['campaigns', 'list'],
  ['campaign', campaignId],
  ['fleet'],
  ['notifications'],
];
const progress: Stale = ({ campaignId }) => [
  ['campaigns', 'list'],
  ['campaign', campaignId],
];
const execution: Stale = ({ campaignId, deviceId }) => [
  ['campaigns', 'list'],
  ['campaign', campaignId],
  ['device', deviceId, 'executions'],
  ['device', deviceId, 'one'],
  ['device', deviceId, 'explanation'],
];

/** Which cached answers each letter makes stale. Every letter of the contracts has a line, or this does not compile. */
export const staleBy: Readonly<Record<LetterType, Stale>> = {
  'device.enrolled': (payload) => [...device(payload), ['tokens']],
  'device.changed': device,
  'device.clone_suspected': (payload) => [...device(payload), ['trust', 'findings']],
  'device.swapped': device,
  'device.group_pinned': () => [['devices', 'list'], ['device']],
  'device.connected': (payload) => [...presence(payload), ['tokens']],
  'device.online': presence,
  'device.offline': presence,
  'device.drifted': drift,
  'device.converged': drift,
  'twin.desired_changed': twin,
  'twin.reported': twin,
  'enrollment.token_created': token,
  'enrollment.token_used': token,
  'enrollment.refused': token,
  'enrollment.claim_changed': () => [['claims']],
  'enrollment.manufacturer_changed': () => [['manufacturers']],
  'enrollment.approval_requested': approval,
  'enrollment.approval_decided': approval,
  'certificate.issued': certificate,
  'certificate.activated': certificate,
  'certificate.renewal_requested': certificate,
  'certificate.revoked': certificate,
  'certificate.ended': certificate,
  'certificate.session_cut': certificate,
  'certificate.revocation_proven': certificate,
  'trust.change_proposed': trust,
  'trust.change_decided': trust,
  'trust.rollover_changed': trust,
  'trust.bundle_made': trust,
  'trust.finding_opened': trust,
  'trust.finding_closed': trust,
  'config.changed': config,
  'config.published': config,
  'config.rendered': config,
  'command.created': command,
  'command.changed': command,
  'command.cancel_requested': command,
  'release.changed': release,
  'release.revoked': release,
  'campaign.created': campaign,
  'campaign.changed': campaign,
  'campaign.progressed': progress,
  'campaign.halted': campaign,
  'campaign.completed': campaign,
  'campaign.rollback_finished': campaign,
  'campaign.stalled': campaign,
  'campaign.awaiting_approval': campaign,
  'kill_switch.changed': () => [['brakes'], ['campaigns', 'list'], ['campaign']],
  'freeze.changed': () => [['brakes'], ['campaigns', 'list'], ['campaign']],
  'execution.offered': execution,
  'execution.cancelled': execution,
  'execution.changed': execution,
  'telemetry.first': ({ deviceId }) => [['device', deviceId, 'latest'], ['tokens']],
  'anomaly.opened': () => [['anomalies']],
  'anomaly.closed': () => [['anomalies']],
  'dead_letter.replay_requested': () => [['dead-letters']],
  'dead_letter.replays_requested': () => [['dead-letters']],
  'notification.created': () => [['notifications']],
};
