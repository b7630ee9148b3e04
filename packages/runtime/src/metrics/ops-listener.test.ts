import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Health } from '../health/health.js';
import { createMetrics } from './metrics.js';
import { type OpsListener, openOpsListener } from './ops-listener.js';

let health: Health;
let listener: OpsListener;

beforeEach(async () => {
  health = new Health();
  listener = await openOpsListener({ port: 0, bind: '127.0.0.1' }, health, createMetrics('api'));
});
afterEach(() => listener.close());

const get = (path: string) => fetch(`http://127.0.0.1:${listener.port}${path}`);

describe('the ops listener', () => {
  test('is live at once and ready only when started', async () => {
    expect((await get('/health/live')).status).toBe(200);
    expect((await get('/health/ready')).status).toBe(503);
    health.started();
    expect((await get('/health/ready')).status).toBe(200);
  });

  test('names the check that fails', async () => {
    health.started();
    health.add('database', () => {
      throw new Error('connection refused');
    });
    const answer = await get('/health/ready');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ ready: false, checks: { process: 'ok', database: 'connection refused' } });
  });

  test('is not ready while draining', async () => {
    health.started();
    health.draining();
    expect(await (await get('/health/ready')).json()).toMatchObject({ checks: { process: 'draining' } });
  });

  test('serves metrics that name the process', async () => {
    expect(await (await get('/metrics')).text()).toMatch(/process_cpu_seconds_total\{process="api"\}/);
  });

  test('knows nothing else', async () => {
    expect((await get('/secrets')).status).toBe(404);
  });
});
