#!/usr/bin/env node
/**
 * Signs releases where the control plane is not. Needs Node 20 and nothing else; run it on the machine that keeps the key.
 *
 *   node sign-release.mjs keygen release.key            makes a key; prints what registers it
 *   node sign-release.mjs sign release.key manifest.json prints the body for POST /releases/:id/sign
 *
 * `manifest.json` is the answer of GET /releases/:id/manifest. See docs/signing-keys.md.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Compact JWS (RFC 7515 7.1) over `payload` exactly as it is. */
const compact = (key, header, payload) => {
  const input = `${encode({ alg: 'EdDSA', ...header })}.${encode(payload)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
};

const publicJwk = (key) => {
  const { kty, crv, x } = createPublicKey(key).export({ format: 'jwk' });
  return { kty, crv, x };
};

const keygen = (file) => {
  const { privateKey } = generateKeyPairSync('ed25519');
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  const jwk = publicJwk(privateKey);
  const change = {
    kind: 'register_release_key',
    publicJwk: jwk,
    proof: compact(privateKey, { typ: 'key-proof+jws' }, JSON.stringify(jwk)),
  };
  return { change };
};

const signManifest = (keyFile, manifestFile) => {
  const key = createPrivateKey(readFileSync(keyFile));
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('the key is not Ed25519');
  const { payload, sha256, kid } = JSON.parse(readFileSync(manifestFile, 'utf8'));
  if (createHash('sha256').update(payload).digest('hex') !== sha256)
    throw new Error('the manifest was damaged on its way');
  const { name, version, artifact } = JSON.parse(payload);
  console.error(`signing ${name} ${version}, artifact ${artifact.sha256} (${artifact.size} bytes), as ${kid}`);
  return { manifestJws: compact(key, { kid, typ: 'manifest+jws' }, payload) };
};

const [verb, ...files] = process.argv.slice(2);
const verbs = { keygen: [keygen, 1], sign: [signManifest, 2] };
const [run, count] = verbs[verb] ?? [];
if (!run || files.length !== count) {
  console.error('usage: sign-release.mjs keygen KEY | sign KEY MANIFEST');
  process.exitCode = 2;
} else {
  console.log(JSON.stringify(run(...files), null, 2));
}
