import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enumerated, integer, octetString, oid, sequence, time } from '../der/write.js';
import { CrlEntries, type CrlReason, crlReasonCodes } from './crl-entries.js';

const serial = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const at = fc.date({ min: new Date('2000-01-01'), max: new Date('2120-01-01'), noInvalidDate: true });
const reason = fc.constantFrom(...(Object.keys(crlReasonCodes) as CrlReason[]));

describe('entries of a revocation list', () => {
  it('are the bytes that the plain writer makes, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ serial, at, reason }), { maxLength: 50 }), (revoked) => {
        const entries = new CrlEntries();
        for (const entry of revoked) entries.add(entry);
        const plain = revoked.map((entry) =>
          sequence(
            integer(Buffer.from(entry.serial, 'hex')),
            time(entry.at),
            ...(entry.reason === 'unspecified'
              ? []
              : [sequence(sequence(oid('2.5.29.21'), octetString(enumerated(crlReasonCodes[entry.reason]))))]),
          ),
        );
        expect(entries.bytes.equals(Buffer.concat(plain))).toBe(true);
        expect(entries.count).toBe(revoked.length);
      }),
    );
  });

  it('take nothing that is not a serial number', () => {
    const entries = new CrlEntries();
    for (const wrong of ['', 'xy', 'abc', 'ab'.repeat(21)])
      expect(() => entries.add({ serial: wrong, at: new Date(), reason: 'superseded' })).toThrow();
  });
});
