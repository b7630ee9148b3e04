import { describe, expect, it } from 'vitest';
import { columnOf, csvOf, readBulk, serialsOf } from './bulk-text.js';

describe('what somebody pastes to enrol many', () => {
  it('is a CSV when its first line names the serial numbers', () => {
    expect(readBulk('serial,site\nA1,Berlin\nA2,Oslo\n')).toEqual({ kind: 'csv', rows: 2 });
    expect(readBulk('\uFEFF"Name";"Serial"\r\nx;A1')).toEqual({ kind: 'csv', rows: 1 });
  });

  it('is serial numbers otherwise, each once', () => {
    expect(readBulk(' A1 \nA2\n\nA1\n')).toEqual({ kind: 'serials', serials: ['A1', 'A2'] });
    expect(readBulk('A1, A2;A3')).toEqual({ kind: 'serials', serials: ['A1', 'A2', 'A3'] });
  });

  it('is nothing when only blanks were pasted', () => {
    expect(readBulk(' \n\t\n')).toEqual({ kind: 'nothing' });
  });
});

describe('the serial numbers of what was pasted', () => {
  it('are the column of that name, wherever it stands', () => {
    expect(serialsOf('site;"Serial"\nBerlin;A1\nOslo;A1\nOslo;\nOslo;A2')).toEqual(['A1', 'A2']);
  });

  it('keep their rows where a report speaks of rows', () => {
    expect(columnOf('serial,model\nA1,m\n,m\nA3,m\n', 'serial')).toEqual(['A1', '', 'A3']);
  });
});

describe('a report as CSV', () => {
  it('quotes what would break a row', () => {
    expect(csvOf(['serial', 'token'], [['A,"1"', 'mst_1']])).toBe('serial,token\r\n"A,""1""",mst_1\r\n');
  });

  it('gives a spreadsheet no formula to run', () => {
    expect(csvOf(['serial'], [['=HYPERLINK("x")']])).toBe('serial\r\n"\'=HYPERLINK(""x"")"\r\n');
  });
});
