import { renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describeKeyStore } from '@muster/testkit/key-store-contract';
import { type TestToken, testToken } from '@muster/testkit/pkcs11';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyFault, SignerAway } from '../key-store.js';
import { Pkcs11KeyStore } from './pkcs11-key-store.js';

const context = { tenant: 'main', purpose: 'device', generation: 1 };
let token: TestToken;
let store: Pkcs11KeyStore;
const opened: Pkcs11KeyStore[] = [];
const openStore = (options: object = {}) => {
  const made = new Pkcs11KeyStore({ ...token, ...options });
  opened.push(made);
  return made;
};

beforeAll(() => {
  token = testToken();
  store = openStore();
});
afterAll(async () => {
  for (const each of opened) await each.close();
  token.remove();
});

/** The library as this process sees it: what one thread does to it, all feel. */
const library = () => {
  const { PKCS11 } = createRequire(import.meta.url)(token.packagePath);
  const module = new PKCS11();
  module.load(token.library);
  return module;
};

describeKeyStore('keys in a PKCS#11 token', () => store);

describe('keys in a PKCS#11 token', () => {
  it('are sensitive and never extractable', async () => {
    await store.create('attributes', context, 'ES256');
    const module = library();
    const slot = module.C_GetSlotList(true)[0];
    const session = module.C_OpenSession(slot, 4);
    module.C_FindObjectsInit(session, [
      { type: 0, value: 3 },
      { type: 3, value: 'attributes' },
    ]);
    const [key] = module.C_FindObjects(session, 2);
    module.C_FindObjectsFinal(session);
    const types = [0x103, 0x162, 0x164, 0x165].map((type) => ({ type }));
    const [sensitive, extractable, neverExtractable, alwaysSensitive] = module
      .C_GetAttributeValue(session, key, types)
      .map(({ value }: { value: Buffer }) => value[0]);
    expect({ sensitive, extractable, neverExtractable, alwaysSensitive }).toEqual({
      ...{ sensitive: 1, extractable: 0, neverExtractable: 1, alwaysSensitive: 1 },
    });
    module.C_CloseSession(session);
  });

  it('sign again after all sessions were lost', async () => {
    const key = await store.create('sessions-lost', context, 'ES256');
    const module = library();
    module.C_CloseAllSessions(module.C_GetSlotList(true)[0]);
    expect(await key.sign('ES256', Buffer.from('x'))).toHaveLength(64);
    module.C_Finalize();
    expect(await key.sign('ES256', Buffer.from('x'))).toHaveLength(64);
  });

  it('are away while the token is, and come back with it', async () => {
    const key = await store.create('unplugged', context, 'ES256');
    renameSync(token.tokens, `${token.tokens}.away`);
    library().C_Finalize();
    await expect(key.sign('ES256', Buffer.from('x'))).rejects.toThrow(SignerAway);
    await expect(store.create('meanwhile', context, 'ES256')).rejects.toThrow(SignerAway);
    renameSync(`${token.tokens}.away`, token.tokens);
    expect(await key.sign('ES256', Buffer.from('x'))).toHaveLength(64);
  });

  it('are away when the thread ends in the middle, and the next call has another thread', async () => {
    const key = await store.create('thread-ends', context, 'ES256');
    const waiting = key.sign('ES256', Buffer.from('x'));
    await Promise.all([expect(waiting).rejects.toThrow(SignerAway), store.close()]);
    expect(await key.sign('ES256', Buffer.from('x'))).toHaveLength(64);
  });

  it('are not asked for a second time with a PIN the token refused, so that it is not locked', async () => {
    await store.create('before', context, 'ES256');
    library().C_Finalize();
    const wrong = openStore({ pin: '00000000' });
    await expect(wrong.create('pin', context, 'ES256')).rejects.toThrow('refuses the PIN');
    for (let n = 0; n < 20; n++) await expect(wrong.create('pin', context, 'ES256')).rejects.toThrow(KeyFault);
    expect((await store.create('pin', context, 'ES256')).algorithm).toBe('ES256');
  });

  it('are for ES256 where the token cannot do Ed25519, and refused where nothing else will do', async () => {
    await store.create('before-limits', context, 'ES256');
    token.configure('CKM_EC_EDWARDS_KEY_PAIR_GEN', 'CKM_EDDSA');
    library().C_Finalize();
    const key = await store.create('limited', { ...context, purpose: 'command' }, 'EdDSA', 'ES256');
    expect(key.algorithm).toBe('ES256');
    await expect(store.create('limited-2', context, 'EdDSA')).rejects.toThrow('can do none of EdDSA');
    token.configure();
  });

  it('say what is missing: the library, the package, the token', async () => {
    const attempt = (options: object) => openStore(options).create('missing', context, 'ES256');
    await expect(attempt({ library: '/nowhere/lib.so' })).rejects.toThrow('/nowhere/lib.so cannot be loaded');
    await expect(attempt({ packagePath: '/nowhere' })).rejects.toThrow('npm package pkcs11js cannot be loaded');
    await expect(attempt({ token: 'other' })).rejects.toThrow('there is no token labelled other');
  });
});
