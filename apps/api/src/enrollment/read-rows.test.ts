import { RegisteredKeyRow, TokenRow } from '@muster/contracts/enrollment/bulk.schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readRows } from './read-rows.js';

it('reads CSV and JSON alike', () => {
  const csv = '\ufeffserial,model,site,label.rack,label.row\r\nA1,gw-1,"north, hall 2",r1,\r\nA2,gw-1,,,7\r\n';
  const rows = [
    { serial: 'A1', model: 'gw-1', site: 'north, hall 2', labels: { rack: 'r1' } },
    { serial: 'A2', model: 'gw-1', labels: { row: '7' } },
  ];
  expect(readRows(TokenRow, { csv })).toEqual(readRows(TokenRow, { rows }));
  expect(readRows(TokenRow, { csv })[0]).toMatchObject({ row: 1, ok: true, value: { class: 'gateway' } });
});

it('lets a bad row fail alone and says what is wrong with it', () => {
  const csv = 'serial,colour\nA1,\nA2,red\nA3\n,\n';
  expect(readRows(TokenRow, { csv })).toMatchObject([
    { row: 1, ok: true },
    { row: 2, ok: false, message: 'unknown fields colour' },
    { row: 3, ok: false, message: 'has 1 cells where the header has 2' },
    { row: 4, ok: false, message: expect.stringContaining('serial: ') },
  ]);
  const [both] = readRows(RegisteredKeyRow, { rows: [{ model: 'm', serial: 's', keySha256: 'x', publicKey: 'y' }] });
  expect(both).toMatchObject({ ok: false, message: expect.stringContaining('keySha256') });
});

it('refuses a text that has no rows in it', () => {
  for (const csv of ['', 'serial\n', 'serial,serial\na,b\n', 'serial,\na,b\n', 'serial\n"a\n', 'serial\na"b"c\n']) {
    expect(() => readRows(TokenRow, { csv }), csv).toThrow(/csv/);
  }
  expect(() => readRows(TokenRow, { csv: `serial\n${'a\n'.repeat(5001)}` })).toThrow('more than 5000 rows');
});

it('never takes a column for anything but a field', () => {
  const csv = '__proto__,serial,label.__proto__\nx,A1,y\n';
  expect(readRows(TokenRow, { csv })).toMatchObject([{ ok: false }]);
  expect(({} as { serial?: string }).serial).toBeUndefined();
});

it('gives one answer for every row of any text it can part', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 20 }), (serials) => {
      const quoted = serials.map((serial) => `"${serial.replaceAll('"', '""')}","m"`);
      const read = readRows(TokenRow, { csv: ['serial,model', ...quoted].join('\n') });
      expect(read.map(({ row }) => row)).toEqual(serials.map((_, i) => i + 1));
    }),
  );
});
