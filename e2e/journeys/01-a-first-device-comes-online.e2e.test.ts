import { getDevice } from '@muster/contracts/devices/devices.routes';
import { createEnrollmentToken, getEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import { getLatestValues } from '@muster/contracts/telemetry/telemetry.routes';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { AgentProcess } from '../stack/agent-process.js';
import { Stack } from '../stack/stack.js';

let stack: Stack;
const agents: AgentProcess[] = [];

beforeAll(async () => {
  stack = await Stack.start({ cluster: inject('postgres') });
});
afterAll(async () => {
  for (const agent of agents) await agent.stop();
  await stack?.stop();
});

describe('a first device', () => {
  it('goes from one copied command to online with telemetry in under two minutes, on the machine’s own Node', async () => {
    const began = performance.now();
    const { id, command } = await stack.client.call(createEnrollmentToken, { body: { name: 'my first device' } });
    const agent = AgentProcess.start(command, '--name', 'first-device', '--model', 'edge-gateway-100');
    agents.push(agent);
    const steps = await assertEventually(
      async () => {
        const token = await stack.client.call(getEnrollmentToken, { params: { tokenId: id } });
        expect(token.steps.firstTelemetryAt, agent.told).not.toBeNull();
        return token.steps;
      },
      { within: 110_000, every: 250 },
    );
    const seconds = (performance.now() - began) / 1000;
    console.log(`from nothing to first telemetry: ${seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(120);
    expect(steps.connectedAt! >= steps.certificateIssuedAt!).toBe(true);

    const params = { deviceId: steps.deviceId! };
    const device = await stack.client.call(getDevice, { params });
    expect(device).toMatchObject({
      name: 'first-device',
      model: 'edge-gateway-100',
      presence: 'online',
      state: 'active',
    });
    // Newest values are written about once a second.
    await assertEventually(async () => {
      const { items } = await stack.client.call(getLatestValues, { params });
      expect(items.map(({ metric }) => metric)).toContain('system.memory_used_percent');
    });
  });

  it('does not come in with a token that was used', async () => {
    const { id, command } = await stack.client.call(createEnrollmentToken, { body: { name: 'used twice' } });
    const first = AgentProcess.start(command, '--once');
    agents.push(first);
    await assertEventually(() => expect(first.told).toContain('enrolled as'), { within: 60_000 });
    const second = AgentProcess.start(command, '--once');
    agents.push(second);
    await assertEventually(() => expect(second.told).toContain('token_spent'), { within: 60_000 });
    const { steps, uses } = await stack.client.call(getEnrollmentToken, { params: { tokenId: id } });
    expect(uses).toBe(1);
    expect(steps.refusals.map(({ code }) => code)).toContain('token_spent');
  });
});
