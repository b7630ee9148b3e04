import { describe, expect, test } from 'vitest';
import { readSettings, redacted, SettingsError, unknownSettings } from './settings.js';

const enough = {
  MUSTER_DATABASE_APP_URL: 'postgres://muster_app:secret@127.0.0.1:5432/muster',
  MUSTER_DATABASE_SYSTEM_URL: 'postgres://muster_system:secret@127.0.0.1:5432/muster',
};

describe('settings', () => {
  test('have defaults for everything but the database', () => {
    expect(readSettings(enough)).toMatchObject({
      data: '.muster',
      host: 'localhost',
      bind: '127.0.0.1',
      port: 8080,
      devicePort: 8443,
      mqttPort: 8883,
      logLevel: 'info',
      databaseAppUrl: enough.MUSTER_DATABASE_APP_URL,
    });
  });

  test('name every fault at once', () => {
    const environment = { MUSTER_PORT: 'eighty', MUSTER_KEK: 'short', MUSTER_MQTT_URL: 'http://broker' };
    expect(() => readSettings(environment)).toThrow(SettingsError);
    const faults = attempt(environment);
    for (const name of ['PORT', 'KEK', 'MQTT_URL']) {
      expect(faults.some((fault) => fault.startsWith(`MUSTER_${name} `))).toBe(true);
    }
    expect(faults).toContain('MUSTER_MQTT_URL must be a URL that starts with mqtt:// or mqtts://');
  });

  test('need a database, by its owner or by both roles', () => {
    expect(attempt({})).toEqual(['MUSTER_DATABASE_URL is missing']);
    expect(attempt({ MUSTER_DATABASE_APP_URL: enough.MUSTER_DATABASE_APP_URL })).toHaveLength(1);
    const owned = readSettings({ MUSTER_DATABASE_URL: 'postgres://owner:s%2Fcret@db:5432/muster' });
    expect(owned.databaseAppUrl).toMatch(/^postgres:\/\/muster_app:[\w-]{43}@db:5432\/muster$/);
    expect(owned.databaseSystemUrl).toMatch(/^postgres:\/\/muster_system:[\w-]{43}@db:5432\/muster$/);
    expect(new URL(owned.databaseAppUrl).password).not.toBe(new URL(owned.databaseSystemUrl).password);
  });

  test('name what a signer needs, together with all other faults', () => {
    const environment = {
      ...enough,
      MUSTER_PORT: 'eighty',
      MUSTER_SIGNER: 'pkcs11',
      MUSTER_RELEASE_SIGNER: 'vault',
      MUSTER_VAULT_URL: 'vault:8200',
    };
    expect(attempt(environment)).toEqual([
      'MUSTER_PORT must be a port number',
      'MUSTER_VAULT_URL must be a URL that starts with https:// or http://',
      'MUSTER_PKCS11_LIBRARY is missing',
      'MUSTER_PKCS11_TOKEN is missing',
      'MUSTER_PKCS11_PIN is missing',
      'MUSTER_VAULT_TOKEN or MUSTER_VAULT_TOKEN_FILE is missing',
    ]);
    expect(attempt({ ...enough, MUSTER_SIGNER: 'paper' })).toEqual([
      'MUSTER_SIGNER must be one of file, pkcs11, vault, kms',
    ]);
  });

  test('of a store are wanted whole, also when only old keys are in it', () => {
    expect(attempt({ ...enough, MUSTER_PKCS11_LIBRARY: '/l.so', MUSTER_PKCS11_PIN: '1' })).toEqual([
      'MUSTER_PKCS11_TOKEN is missing',
    ]);
    const whole = { MUSTER_PKCS11_LIBRARY: '/l.so', MUSTER_PKCS11_PIN: '1', MUSTER_PKCS11_TOKEN: 'm' };
    expect(readSettings({ ...enough, ...whole })).toMatchObject({ signer: 'file', pkcs11Token: 'm' });
  });

  test('count an empty variable as unset', () => {
    expect(readSettings({ ...enough, MUSTER_PORT: '', MUSTER_MQTT_URL: '' }).port).toBe(8080);
  });

  test('that nobody knows are found', () => {
    expect(unknownSettings({ ...enough, MUSTER_PROT: '1', HOME: '/' })).toEqual(['MUSTER_PROT']);
  });

  test('print without passwords and keys', () => {
    const kek = Buffer.alloc(32, 7).toString('base64');
    const artifacts = 's3://key:verysecret@store:9000/bucket';
    const shown = JSON.stringify(
      redacted(
        readSettings({
          ...enough,
          MUSTER_KEK: kek,
          MUSTER_ARTIFACTS_URL: artifacts,
          MUSTER_SMTP_URL: 'smtp://muster:mailsecret@mail:587',
          MUSTER_KEK_PREVIOUS: Buffer.alloc(32, 9).toString('base64'),
          MUSTER_PKCS11_LIBRARY: '/l.so',
          MUSTER_PKCS11_TOKEN: 'm',
          MUSTER_PKCS11_PIN: 'pinsecret',
          MUSTER_VAULT_URL: 'https://vault:8200',
          MUSTER_VAULT_TOKEN: 'hvs.tokensecret',
        }),
      ),
    );
    expect(shown).not.toContain('secret@');
    expect(shown).not.toContain('verysecret');
    expect(shown).not.toContain('mailsecret');
    expect(shown).not.toContain(kek);
    expect(shown).not.toContain(Buffer.alloc(32, 9).toString('base64'));
    expect(shown).not.toContain('pinsecret');
    expect(shown).not.toContain('tokensecret');
    expect(shown).toContain('127.0.0.1:5432');
  });
});

function attempt(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
  } catch (error) {
    return (error as SettingsError).faults;
  }
  return [];
}
