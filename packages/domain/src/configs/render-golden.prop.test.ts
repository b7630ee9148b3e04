import { configLayers } from '@muster/contracts/configs/configs.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldAt, listFields } from '../devices/list-fields.js';
import { type GoldenDocument, renderGolden, withConfig } from './render-golden.js';

const device = { id: 'd', model: 'm', site: 's', class: 'gateway', firmwareVersion: null, labels: { ring: 'canary' } };
const golden = (over: Partial<GoldenDocument>): GoldenDocument => ({
  configId: 'id',
  name: 'one',
  number: 1,
  layer: 'group',
  selector: {},
  document: {},
  ...over,
});
const goldens = fc.uniqueArray(
  fc.record({
    configId: fc.uuid(),
    name: fc.constantFrom('a', 'b', 'c'),
    number: fc.integer({ min: 1, max: 9 }),
    layer: fc.constantFrom(...configLayers),
    selector: fc.constantFrom<Selector[]>(
      {},
      { class: ['gateway'] },
      { labels: { ring: 'canary' } },
      { model: ['other'] },
    ),
    document: fc.dictionary(fc.constantFrom('x', 'y'), fc.oneof(fc.integer(), fc.record({ z: fc.integer() })), {
      maxKeys: 2,
    }),
  }),
  { selector: (config) => config.configId, maxLength: 6 },
);

describe('renderGolden', () => {
  it('lets device win over group and group over class', () => {
    const configs = [
      golden({ configId: '3', layer: 'device', document: { rate: 3 } }),
      golden({ configId: '1', layer: 'class', document: { rate: 1, mode: 'a', keep: true } }),
      golden({ configId: '2', layer: 'group', document: { rate: 2, mode: 'b' } }),
    ];
    expect(renderGolden(configs, device).document).toEqual({ rate: 3, mode: 'b', keep: true });
  });

  it('takes a field away by a null in a later layer', () => {
    const configs = [
      golden({ configId: '1', layer: 'class', document: { a: 1, b: 2 } }),
      golden({ configId: '2', layer: 'group', document: { a: null } }),
    ];
    expect(renderGolden(configs, device).document).toEqual({ b: 2 });
  });

  it('leaves out what does not select the device', () => {
    expect(renderGolden([golden({ selector: { model: ['other'] }, document: { a: 1 } })], device)).toEqual({
      document: {},
      applied: [],
      origins: {},
    });
  });

  it('gives the same result whatever order the configs arrive in', () => {
    fc.assert(
      fc.property(
        goldens.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          expect(renderGolden(shuffled, device)).toEqual(renderGolden(list, device));
        },
      ),
    );
  });

  it('names for every field a config that sets it so', () => {
    fc.assert(
      fc.property(goldens, (list) => {
        const rendered = renderGolden(list, device);
        for (const { path, value } of listFields(rendered.document))
          expect(
            list.some(
              (c) =>
                c.name === rendered.origins[path] &&
                JSON.stringify(fieldAt(c.document, path)) === JSON.stringify(value),
            ),
          ).toBe(true);
      }),
    );
  });
});

describe('withConfig', () => {
  it('replaces config and leaves the rest', () => {
    const rendered = renderGolden([golden({ document: { a: 1 } })], device);
    expect(withConfig({ config: { old: 1 }, mode: 'x' }, rendered)).toEqual({ config: { a: 1 }, mode: 'x' });
  });

  it('takes config away when no golden config is left', () => {
    expect(withConfig({ config: { old: 1 }, mode: 'x' }, renderGolden([], device))).toEqual({ mode: 'x' });
  });
});
