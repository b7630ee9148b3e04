import type { GateCheck } from '@muster/contracts/campaigns/decisions.schema';
import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import type { GateCode, GateInputs } from './judge-gate.js';
import { judgeService, neededInService } from './judge-service.js';
import { devices, percent, points, short, signed } from './word-numbers.js';

const checksOf = (inputs: GateInputs, limits: GateLimits): GateCheck[] =>
  judgeService(inputs.evidence ?? null, limits, inputs.open);

const whom = ({ against }: GateCheck): string =>
  against === 'control'
    ? 'expected from devices not updated'
    : 'of the same devices before, with none left that are not updated';

const range = ({ interval }: GateCheck, word: (n: number) => string): string =>
  interval ? ` (95% interval ${word(interval[0])} to ${word(interval[1])})` : '';

const times = (n: number): string => String(short(n));

/** What a comparison found, with its limit: the middle of a sentence. */
function found(check: GateCheck, limits: GateLimits): string {
  const { code, observed, reference, limit } = check;
  const seen = observed ?? 0;
  const usual = reference ?? 0;
  if (code === 'install_time')
    return `nine of ten devices took up to ${short(seen)} s from their yes to the confirmed boot against a limit of ${limit} s`;
  if (code === 'error_rise')
    return `${percent(seen)} of heartbeats missing or in error against ${percent(usual)} ${whom(check)}, ${signed(points(seen - usual))} points${range(check, points)} against a limit of ${points(limit)} points`;
  if (code === 'error_burn')
    return `the error budget burns ${times(seen)} times as fast as before the update${range(check, times)} against a limit of ${times(limit)} times, ${percent(usual)} of heartbeats having been missing or in error before`;
  const metric = limits.health?.metrics.find((it) => it.metric === check.title);
  const way = metric?.bad === 'down' ? 'down' : metric?.bad === 'up' ? 'up' : 'either way';
  return `${check.title} is ${short(seen)} on average against ${short(usual)} ${whom(check)}, ${signed(String(short(seen - usual)))}${range(check, times)} against a limit of ${short(limit)} ${way}`;
}

/** Which limit the devices break in service, with numbers. */
export function explainBroken(code: GateCode, inputs: GateInputs, limits: GateLimits): string {
  const check = checksOf(inputs, limits).find((it) => it.code === code);
  if (check === undefined) return `${code.replaceAll('_', ' ')} is beyond its limit`;
  const { installs } = inputs.evidence ?? {};
  if (code === 'install_time' && installs && installs.p90S <= check.limit)
    return `${installs.slow} of ${devices(check.of)} are slower than ${check.limit} s from their yes to the confirmed boot, more than one of ten`;
  return found(check, limits);
}

/** What was seen in service, for a gate that passed; nothing where nobody asked. */
export function explainSeen(inputs: GateInputs, limits: GateLimits): string {
  const rates = inputs.evidence?.rates;
  if (limits.health === undefined || !rates) return '';
  const { n, mean } = rates.updated;
  return `; ${percent(mean)} of the heartbeats of ${devices(n)} in service missing or in error`;
}

/** What evidence from service a gate waits for. */
export function explainWant(
  code: 'no_evidence' | 'waiting_for_evidence' | 'evidence_unclear',
  inputs: GateInputs,
  limits: GateLimits,
): string {
  const { evidence = null, open } = inputs;
  const held = checksOf(inputs, limits).filter((check) => check.verdict === 'hold');
  const needed = neededInService(evidence, limits, open);
  if (code === 'evidence_unclear' && held[0] !== undefined)
    return `${found(held[0], limits)}, which may still be chance`;
  if (code === 'waiting_for_evidence' && evidence?.devices === 0)
    return `none of its devices is in service where it can be observed; its gate needs ${needed}`;
  if (code === 'waiting_for_evidence') {
    const n = held[0]?.n ?? 0;
    const what = held[0]?.code === 'install_time' ? 'have been installed on' : 'have been in service long enough';
    return `${n} of ${devices(evidence?.devices ?? 0)} ${what}; its gate needs ${needed}`;
  }
  const want = held.find((check) => check.observed === null);
  if (evidence === null || want === undefined)
    return 'how its devices do in service is not known, or was not lately, and missing data holds';
  if (want.code.startsWith('metric.') && want.n === 0)
    return `none of its devices reports ${want.title}, and missing data holds`;
  if (want.code === 'install_time') return 'no install time of its devices is known, and missing data holds';
  return 'its devices have no past, and no devices are left that are not updated to compare them with; missing data holds';
}
