// Runs as a thread of its own, because PKCS#11 calls block. Needs nothing of ours at run time, so that Node can start it
// from source as well. Numbers are those of PKCS #11 2.40 (errata 01) and 3.0 for Edwards curves.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { SignAlgorithm } from '../signer.js';
import type { Pkcs11Options, TokenAnswer, TokenFault, TokenKey, TokenRequest } from './pkcs11-key-store.js';

interface Attribute {
  readonly type: number;
  readonly value?: boolean | number | string | Buffer;
}

/** The part of the package pkcs11js that is used here. */
interface Module {
  load(library: string): void;
  C_Initialize(options: { flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(present: boolean): Buffer[];
  C_GetTokenInfo(slot: Buffer): { label: string };
  C_GetMechanismList(slot: Buffer): number[];
  C_OpenSession(slot: Buffer, flags: number): Buffer;
  C_Login(session: Buffer, user: number, pin: string): void;
  C_FindObjectsInit(session: Buffer, template: readonly Attribute[]): void;
  C_FindObjects(session: Buffer, most: number): Buffer[];
  C_FindObjectsFinal(session: Buffer): void;
  C_GetAttributeValue(session: Buffer, object: Buffer, template: readonly Attribute[]): { value: Buffer }[];
  C_GenerateKeyPair(
    session: Buffer,
    mechanism: { mechanism: number },
    publicKey: readonly Attribute[],
    privateKey: readonly Attribute[],
  ): unknown;
  C_SignInit(session: Buffer, mechanism: { mechanism: number }, key: Buffer): void;
  C_Sign(session: Buffer, bytes: Buffer, room: Buffer): Buffer;
}

const CKA = {
  ...{ class: 0x00, token: 0x01, private: 0x02, label: 0x03, keyType: 0x100, id: 0x102, sensitive: 0x103 },
  ...{ decrypt: 0x105, unwrap: 0x107, sign: 0x108, verify: 0x10a, derive: 0x10c, extractable: 0x162 },
  ...{ ecParams: 0x180, ecPoint: 0x181 },
} as const;
const objectClass = { public: 2, private: 3 } as const;
const mechanisms = { ecKeyPairGen: 0x1040, ecdsa: 0x1041, edwardsKeyPairGen: 0x1055, eddsa: 0x1057 } as const;

/** CKA_EC_PARAMS and the head of a SubjectPublicKeyInfo, whose end is the point. */
const curves: Record<
  SignAlgorithm,
  { keyType: number; params: string; head: string; size: number; hash: string | null }
> = {
  ES256: {
    ...{ keyType: 3, params: '06082a8648ce3d030107', size: 65, hash: 'sha256' },
    head: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  },
  ES384: {
    ...{ keyType: 3, params: '06052b81040022', size: 97, hash: 'sha384' },
    head: '3076301006072a8648ce3d020106052b81040022036200',
  },
  // Curve by name, as PKCS #11 3.0 2.3.10 allows and SoftHSM wants it.
  EdDSA: {
    ...{ keyType: 0x40, params: '130c656477617264733235353139', size: 32, hash: null },
    head: '302a300506032b6570032100',
  },
};

/** Answers that mean the session, the login or the token is gone rather than the request wrong. */
const lost = new Set([
  ...[0x05, 0x06, 0x30, 0x31, 0x32, 0x60, 0x82, 0xb0, 0xb3, 0xb4, 0xe0, 0xe1, 0x101, 0x190, 0x30000001],
]);
/** CKR_PIN_INCORRECT and its kin. Trying again would lock the token. */
const pinRefused = new Set([0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x102]);
const ALREADY_INITIALIZED = 0x191;
const ALREADY_LOGGED_IN = 0x100;

class Fault extends Error {
  readonly kind: TokenFault;
  constructor(kind: TokenFault, message: string) {
    super(message);
    this.kind = kind;
  }
}

const codeOf = (fault: unknown): number => Number((fault as { code?: unknown }).code ?? -1);
const unless = (code: number, work: () => void): void => {
  try {
    work();
  } catch (fault) {
    if (codeOf(fault) !== code) throw fault;
  }
};

const { library, token, pin, packagePath } = workerData as Pkcs11Options;
let loaded: Module | null = null;
let open: { session: Buffer; can: ReadonlySet<number>; handles: Map<string, Buffer> } | null = null;

const load = (): Module => {
  if (loaded) return loaded;
  let PKCS11: new () => Module;
  try {
    ({ PKCS11 } = createRequire(import.meta.url)(packagePath ?? 'pkcs11js'));
  } catch (fault) {
    const where = packagePath ?? 'the place where Muster is installed';
    throw new Fault('key', `the npm package pkcs11js cannot be loaded from ${where}: ${(fault as Error).message}`);
  }
  const module = new PKCS11();
  try {
    module.load(library);
  } catch (fault) {
    throw new Fault('key', `the PKCS#11 library ${library} cannot be loaded: ${(fault as Error).message}`);
  }
  loaded = module;
  return module;
};

const connect = () => {
  if (open) return open;
  const module = load();
  unless(ALREADY_INITIALIZED, () => module.C_Initialize({ flags: 2 }));
  const slot = module.C_GetSlotList(true).find((each) => module.C_GetTokenInfo(each).label.trim() === token);
  if (!slot) throw new Fault('away', `there is no token labelled ${token}`);
  const can = new Set(module.C_GetMechanismList(slot));
  // CKF_SERIAL_SESSION and CKF_RW_SESSION; the login is of the whole process, so once is enough.
  const session = module.C_OpenSession(slot, 4 | 2);
  unless(ALREADY_LOGGED_IN, () => module.C_Login(session, 1, pin));
  open = { session, can, handles: new Map() };
  return open;
};

const disconnect = (): void => {
  open = null;
  try {
    // A token that was unplugged is seen again only by a library that starts over.
    loaded?.C_Finalize();
  } catch {
    // It was not initialised, or its token is gone: either way there is nothing left to end.
  }
};

/** Twice when the first try finds the session lost: a token comes back without a restart of ours. */
const attempt = <T>(work: () => T, again = true): T => {
  try {
    return work();
  } catch (fault) {
    if (fault instanceof Fault && fault.kind !== 'away') throw fault;
    const code = codeOf(fault);
    if (pinRefused.has(code)) throw new Fault('pin', 'the token refuses the PIN; it is not tried again');
    if (!(fault instanceof Fault) && !lost.has(code)) throw new Fault('key', (fault as Error).message);
    disconnect();
    if (again) return attempt(work, false);
    throw fault instanceof Fault ? fault : new Fault('away', (fault as Error).message);
  }
};

const find = (kind: keyof typeof objectClass, name: string): Buffer[] => {
  const { session } = connect();
  const template = [
    { type: CKA.class, value: objectClass[kind] },
    { type: CKA.label, value: name },
  ];
  load().C_FindObjectsInit(session, template);
  try {
    return load().C_FindObjects(session, 2);
  } finally {
    load().C_FindObjectsFinal(session);
  }
};

const attributes = (object: Buffer, ...types: readonly number[]): Buffer[] =>
  load()
    .C_GetAttributeValue(
      connect().session,
      object,
      types.map((type) => ({ type })),
    )
    .map(({ value }) => value);

const privateKey = (name: string, id: Buffer): Buffer | null => {
  const place = `${name} ${id.toString('hex')}`;
  const known = connect().handles.get(place);
  if (known) return known;
  const [handle, other] = find('private', name);
  if (!handle) return null;
  if (other) throw new Fault('key', `the token holds two keys labelled ${name}`);
  if (!attributes(handle, CKA.id)[0]!.equals(id)) throw new Fault('key', `the key ${name} was made for something else`);
  connect().handles.set(place, handle);
  return handle;
};

const describe = (name: string, id: Buffer): TokenKey | null => {
  if (!privateKey(name, id)) return null;
  const [object] = find('public', name);
  if (!object) throw new Fault('key', `the token holds no public key labelled ${name}`);
  const [params, point] = attributes(object, CKA.ecParams, CKA.ecPoint) as [Buffer, Buffer];
  const found = Object.entries(curves).find(([, { params: wanted }]) => params.toString('hex') === wanted);
  if (!found) throw new Fault('key', `the key ${name} is on a curve that is not used here`);
  const [algorithm, { head, size }] = found;
  // Most tokens wrap the point in an OCTET STRING, some leave it bare; its end is the same.
  if (point.length < size) throw new Fault('key', `the public key of ${name} is too short`);
  const spki = Buffer.concat([Buffer.from(head, 'hex'), point.subarray(point.length - size)]);
  return { algorithm: algorithm as SignAlgorithm, spki };
};

const create = (name: string, id: Buffer, algorithms: readonly SignAlgorithm[]): TokenKey => {
  const existing = describe(name, id);
  if (existing) return existing;
  const { session, can } = connect();
  const algorithm = algorithms.find((each) =>
    each === 'EdDSA'
      ? can.has(mechanisms.edwardsKeyPairGen) && can.has(mechanisms.eddsa)
      : can.has(mechanisms.ecKeyPairGen) && can.has(mechanisms.ecdsa),
  );
  if (!algorithm) throw new Fault('key', `the token ${token} can do none of ${algorithms.join(', ')}`);
  const { keyType, params } = curves[algorithm];
  const named = [
    ...[
      { type: CKA.token, value: true },
      { type: CKA.label, value: name },
      { type: CKA.id, value: id },
    ],
    { type: CKA.keyType, value: keyType },
  ];
  const never = [CKA.extractable, CKA.decrypt, CKA.unwrap, CKA.derive].map((type) => ({ type, value: false }));
  const always = [CKA.private, CKA.sensitive, CKA.sign].map((type) => ({ type, value: true }));
  load().C_GenerateKeyPair(
    session,
    { mechanism: algorithm === 'EdDSA' ? mechanisms.edwardsKeyPairGen : mechanisms.ecKeyPairGen },
    [...named, { type: CKA.verify, value: true }, { type: CKA.ecParams, value: Buffer.from(params, 'hex') }],
    [...named, ...always, ...never],
  );
  return describe(name, id)!;
};

const sign = (name: string, id: Buffer, algorithm: SignAlgorithm, bytes: Buffer): Buffer => {
  const handle = privateKey(name, id);
  if (!handle) throw new Fault('key', `the token holds no key labelled ${name}`);
  const { hash } = curves[algorithm];
  const { session } = connect();
  load().C_SignInit(session, { mechanism: hash === null ? mechanisms.eddsa : mechanisms.ecdsa }, handle);
  const input = hash === null ? bytes : createHash(hash).update(bytes).digest();
  return load().C_Sign(session, input, Buffer.alloc(256));
};

const perform = (request: TokenRequest): TokenKey | Uint8Array | null => {
  const id = Buffer.from(request.keyId);
  if (request.does === 'create') return create(request.name, id, request.algorithms);
  if (request.does === 'open') return describe(request.name, id);
  return sign(request.name, id, request.algorithm, Buffer.from(request.bytes));
};

parentPort!.on('message', (request: TokenRequest) => {
  const { call } = request;
  let answer: TokenAnswer;
  try {
    answer = { call, value: attempt(() => perform(request)) };
  } catch (fault) {
    const { kind = 'key', message } = fault as Partial<Fault>;
    answer = { call, fault: kind, message: message ?? '' };
  }
  parentPort!.postMessage(answer);
});
