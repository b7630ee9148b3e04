import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const secrets = { POSTGRES_PASSWORD: 'a', S3_SECRET_KEY: 'b', MUSTER_KEK: 'c' };
const compose = (environment: Record<string, string>) =>
  execFileSync('docker-compose', ['-f', 'docker-compose.yml', 'config'], {
    cwd: root,
    env: { PATH: process.env.PATH, ...environment },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

describe('docker-compose.yml', () => {
  it('is a valid compose file with the production parts', () => {
    const services = [...compose(secrets).matchAll(/^ {2}([a-z]+):$/gm)].map((match) => match[1]);
    expect(services).toEqual(
      expect.arrayContaining(['postgres', 'valkey', 'objects', 'mosquitto', 'api', 'worker', 'console']),
    );
  });

  it('refuses to start with an empty secret', () => {
    for (const name of Object.keys(secrets)) expect(() => compose({ ...secrets, [name]: '' }), name).toThrow(name);
  }, 30_000);

  it('mounts and builds only what the repository holds', () => {
    const text = readFileSync(`${root}docker-compose.yml`, 'utf8');
    for (const [, path] of text.matchAll(/(?:- |dockerfile: )\.?\/?(ops\/[\w./-]+)/g))
      expect(() => readFileSync(`${root}${path}`), path).not.toThrow();
  });
});
