import { expect, it } from 'vitest';
import { judgeManufacturer } from './judge-manufacturer.js';

const maker = { state: 'active', model: 'gw-1', approval: 'automatic' } as const;
const device = { model: 'gw-1', serial: 'S-1', provenSerial: 'S-1' };

it('lets in the device the factory certificate is of, at once or after a person agreed', () => {
  expect(judgeManufacturer(maker, device)).toMatchObject({ ok: true, value: 'admit' });
  expect(judgeManufacturer({ ...maker, approval: 'queue' }, device)).toMatchObject({ ok: true, value: 'ask' });
});

it('refuses any other', () => {
  for (const changed of [{ serial: 'S-2' }, { model: 'gw-2' }, { provenSerial: null }])
    expect(judgeManufacturer(maker, { ...device, ...changed })).toMatchObject({ ok: false, code: 'identity_mismatch' });
});

it('knows nobody of a manufacturer that is not proven or disabled', () => {
  for (const state of ['unproven', 'disabled'] as const)
    expect(judgeManufacturer({ ...maker, state }, device)).toMatchObject({ ok: false, code: 'certificate_unknown' });
});
