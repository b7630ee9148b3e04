import { expect, it } from 'vitest';
import { Refusal } from '../http/refusal.js';
import { Turnstile } from './turnstile.js';

it('lets so many in at once, sends the rest away with a time to come again, and lets in who comes when one has left', async () => {
  const turnstile = new Turnstile('renewals', 2);
  const gates: (() => void)[] = [];
  const stay = () => turnstile.pass(() => new Promise<void>((resolve) => gates.push(resolve)));
  const [first, second] = [stay(), stay()];
  const times = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const refusal = await stay().catch((fault: unknown) => fault);
    expect(refusal).toBeInstanceOf(Refusal);
    const { status, headers } = refusal as Refusal;
    expect(status).toBe(503);
    times.add(Number(headers['retry-after']));
  }
  expect(Math.min(...times)).toBeGreaterThanOrEqual(5);
  expect(Math.max(...times)).toBeLessThan(35);
  expect(times.size).toBeGreaterThan(5);
  gates[0]!();
  await first;
  const third = turnstile.pass(async () => 'in');
  expect(await third).toBe('in');
  gates[1]!();
  await second;
});

it('lets the next in after one whose work failed', async () => {
  const turnstile = new Turnstile('renewals', 1);
  await expect(turnstile.pass(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turnstile.pass(async () => 'in')).toBe('in');
});
