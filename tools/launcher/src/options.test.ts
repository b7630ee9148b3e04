import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseArchive, parseStart, UsageError } from './options.js';

describe('npm start', () => {
  test('has a demo fleet of 200 on this machine alone unless told otherwise', () => {
    expect(parseStart([], {})).toEqual({
      data: resolve('.muster'),
      host: 'localhost',
      bind: '127.0.0.1',
      port: 8080,
      devicePort: 8443,
      mqttPort: 8883,
      devices: 200,
      signIn: false,
    });
  });

  test('takes flags over the environment', () => {
    const environment = { MUSTER_PORT: '9000', MUSTER_DATA: '/srv/muster', MUSTER_MQTT_PORT: '1' };
    expect(parseStart(['--port', '9001', '--devices=5'], environment)).toMatchObject({
      port: 9001,
      data: '/srv/muster',
      mqttPort: 1,
      devices: 5,
    });
  });

  test('listens on every address once the machine has a name', () => {
    expect(parseStart(['--host', 'fleet.example'], {})).toMatchObject({ host: 'fleet.example', bind: '0.0.0.0' });
  });

  test('leaves the demo out', () => {
    expect(parseStart(['--no-demo'], {})).toMatchObject({ devices: 0 });
  });

  test.each([
    [['--devices', 'many'], /--devices must be a whole number/],
    [['--port', '70000'], /--port must be a whole number from 0 to 65535/],
    [['--host', 'a b'], /not a host name/],
    [['--colour'], /--colour/],
    [['extra'], /extra/],
  ])('refuses %j and says why', (words, why) => {
    expect(() => parseStart(words, {})).toThrow(UsageError);
    expect(() => parseStart(words, {})).toThrow(why);
  });

  test('asks for help', () => {
    expect(parseStart(['--help'], {})).toBeNull();
  });
});

describe('npm run backup', () => {
  test('takes one file and a data folder', () => {
    expect(parseArchive(['b.tar.gz', '--data', '/d'], {})).toEqual({ file: resolve('b.tar.gz'), data: '/d' });
    expect(() => parseArchive(['a', 'b'], {})).toThrow(/'b'/);
  });
});
