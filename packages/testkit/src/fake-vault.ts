import { createECDH, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { integer, sequence } from '@muster/pki/der/write';

interface TransitKey {
  readonly type: string;
  readonly exportable: boolean;
  readonly versions: { readonly created: string; readonly privateKey: KeyObject }[];
  lowest: number;
}

/** What the next requests get instead of an answer: a status with its errors, silence, or a cut connection. */
export type VaultTrouble = { readonly status: number; readonly errors?: readonly string[] } | 'silence' | 'cut';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly namespace: string | undefined;
  readonly body: Record<string, unknown>;
}

const curves: Record<string, [string, object]> = {
  'ecdsa-p256': ['ec', { namedCurve: 'P-256' }],
  'ecdsa-p384': ['ec', { namedCurve: 'P-384' }],
  ed25519: ['ed25519', {}],
};

/** The transit engine of Vault as its HTTP API describes it, with real keys and real signatures. */
export class FakeVault {
  readonly keys = new Map<string, TransitKey>();
  readonly seen: SeenRequest[] = [];
  readonly troubles: VaultTrouble[] = [];
  tokens = new Set(['hvs.first']);
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  rotate(name: string): void {
    const key = this.keys.get(name)!;
    key.versions.push(newVersion(key.type));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
    const path = request.url!.replace(/^\/v1\/transit\//, '');
    const namespace = request.headers['x-vault-namespace'] as string | undefined;
    this.seen.push({ method: request.method!, path, namespace, body });
    const say = (status: number, answer?: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer && JSON.stringify(answer));
    const refuse = (status: number, ...errors: readonly string[]) => say(status, { errors });
    const trouble = this.troubles.shift();
    if (trouble === 'silence') return;
    if (trouble === 'cut') return void request.socket.destroy();
    if (trouble) return void refuse(trouble.status, ...(trouble.errors ?? []));
    if (!this.tokens.has(String(request.headers['x-vault-token']))) return void refuse(403, 'permission denied');
    const [, place, name] = /^(keys|sign)\/([a-z0-9][a-z0-9._-]*[a-z0-9])$/.exec(path) ?? [];
    if (!place || !name) return void refuse(404);
    const key = this.keys.get(name);
    if (place === 'keys' && request.method === 'POST') {
      if (!curves[body.type]) return void refuse(400, `unknown key type ${body.type}`);
      if (!key)
        this.keys.set(name, {
          type: body.type,
          exportable: body.exportable,
          versions: [newVersion(body.type)],
          lowest: 1,
        });
      return void say(204);
    }
    if (place === 'keys') return void (key ? say(200, { data: describeKey(name, key) }) : refuse(404));
    if (!key) return void refuse(400, 'signing key not found');
    const version: number = body.key_version || key.versions.length;
    if (version < key.lowest) return void refuse(400, 'cannot sign with version of key lower than the minimum');
    say(200, { data: { signature: `vault:v${version}:${signWith(key, version, body)}`, key_version: version } });
  }
}

const newVersion = (type: string) => {
  const { privateKey } = generateKeyPairSync(...(curves[type] as ['ec', { namedCurve: string }]));
  return { created: new Date().toISOString(), privateKey };
};

const describeKey = (name: string, key: TransitKey): object => ({
  name,
  type: key.type,
  exportable: key.exportable,
  allow_plaintext_backup: false,
  deletion_allowed: false,
  latest_version: key.versions.length,
  min_decryption_version: key.lowest,
  min_encryption_version: 0,
  supports_signing: true,
  keys: Object.fromEntries(
    key.versions
      .map(
        ({ created, privateKey }, index) =>
          [
            String(index + 1),
            {
              creation_time: created,
              name: key.type === 'ed25519' ? 'ed25519' : 'P-256',
              public_key: show(privateKey),
            },
          ] as const,
      )
      .filter(([version]) => Number(version) >= key.lowest),
  ),
});

/** PEM for ECDSA, base64 of the 32 bytes for Ed25519. */
const show = (privateKey: KeyObject): string => {
  const key = createPublicKey(privateKey);
  if (key.asymmetricKeyType !== 'ed25519') return key.export({ type: 'spki', format: 'pem' }) as string;
  return key.export({ type: 'spki', format: 'der' }).subarray(12).toString('base64');
};

const signWith = (key: TransitKey, version: number, body: Record<string, unknown>): string => {
  const { privateKey } = key.versions[version - 1]!;
  const input = Buffer.from(String(body.input), 'base64');
  if (key.type === 'ed25519') return sign(null, input, privateKey).toString('base64');
  if (!body.prehashed) throw new Error('this Vault expects digests');
  const jws = body.marshaling_algorithm === 'jws';
  const signature = signDigest(input, privateKey, jws);
  return signature.toString(jws ? 'base64url' : 'base64');
};

const orders: Record<string, bigint> = {
  prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp384r1: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

/** ECDSA over a finished digest (FIPS 186-5 6.4.1); Node itself signs only what it hashed. Not for keys that matter. */
const signDigest = (digest: Buffer, privateKey: KeyObject, jws: boolean): Buffer => {
  const curve = privateKey.asymmetricKeyDetails!.namedCurve!;
  const order = orders[curve]!;
  const size = curve === 'prime256v1' ? 32 : 48;
  const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const half = (value: bigint) => Buffer.from(value.toString(16).padStart(size * 2, '0'), 'hex');
  const once = createECDH(curve);
  const r = number(once.generateKeys().subarray(1, 1 + size)) % order;
  const d = number(Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url'));
  const s = (inverse(number(once.getPrivateKey()), order) * ((number(digest) + r * d) % order)) % order;
  return jws ? Buffer.concat([half(r), half(s)]) : sequence(integer(half(r)), integer(half(s)));
};

const inverse = (value: bigint, modulus: bigint): bigint => {
  let [a, b, x, y] = [value, modulus, 1n, 0n];
  while (b !== 0n) {
    const q = a / b;
    [a, b, x, y] = [b, a - q * b, y, x - q * y];
  }
  return ((x % modulus) + modulus) % modulus;
};
