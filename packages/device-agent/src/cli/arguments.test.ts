import { describe, expect, test } from 'vitest';
import { readArguments } from './arguments.js';

const pin = ['--root-sha256', 'AB:'.repeat(31).concat('AB')];
const read = (...words: string[]) => {
  const wanted = readArguments(words);
  if (wanted === 'help') throw new Error('help');
  return wanted;
};

describe('the command line', () => {
  test('takes one credential', () => {
    expect(read('--claim', 'c.pem', '--claim-key', 'c.key', ...pin).wayIn).toMatchObject({
      certificate: 'c.pem',
      certificateKey: 'c.key',
      rootSha256: 'ab'.repeat(32),
    });
    expect(() => read('--claim', 'c.pem', '--token', 'x', ...pin)).toThrow('--token and --claim');
  });

  test.each(['--claim', '--factory', '--key'])('asks for the root beside %s', (word) => {
    expect(() => read(word, 'file')).toThrow('--root-sha256');
  });

  test('keeps what belongs to one control plane in a folder of its own', () => {
    expect(read(...pin).state).toMatch(/\.muster-agent\/abababababab$/);
    expect(read('--url', 'https://host:8443').state).toMatch(/host-8443$/);
  });
});
