import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { TextOrFile } from '../../ui/text-or-file.js';
import { ProposeDialog } from './propose-dialog.js';

type Jwk = { [other: string]: unknown } & {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
};

/** The public key in what was pasted, or what is wrong with it. A private half is refused before it leaves the page. */
const readJwk = (text: string): { jwk: Jwk } | { fault: string | undefined } => {
  if (text.trim() === '') return { fault: undefined };
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    if (typeof value !== 'object' || value === null) return { fault: 'Not a JSON object' };
    if ('d' in value) return { fault: 'This is the private key: leave out "d" and keep it where it is' };
    const { kty, crv, x } = value;
    return typeof kty === 'string' && typeof crv === 'string' && typeof x === 'string'
      ? { jwk: { ...value, kty, crv, x } }
      : { fault: 'A public key as JWK has "kty", "crv" and "x"' };
  } catch {
    return { fault: 'Not JSON' };
  }
};

/** Asks for a release key whose private half never comes here. */
export function ReleaseKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const [text, setText] = useState('');
  const [proof, setProof] = useState('');
  const read = readJwk(text);
  const jwk = 'jwk' in read ? read.jwk : { kty: '', crv: '', x: '' };
  return (
    <ProposeDialog
      change={{ kind: 'register_release_key', publicJwk: jwk, proof: proof.trim() }}
      onClose={onClose}
      blocked={!('jwk' in read) || proof.trim() === ''}
    >
      <p>
        Releases are then signed where the key is and their signatures handed in. Devices learn the key by the next
        bundle.
      </p>
      <TextOrFile
        label="Public key (JWK)"
        placeholder={'{"kty":"OKP","crv":"Ed25519","x":"…"}'}
        accept=".json,.jwk"
        max={8192}
        rows={3}
        value={text}
        onChange={setText}
        error={'fault' in read ? read.fault : undefined}
      />
      <Textarea
        label="Proof (compact JWS by this key over its own JWK)"
        classNames={{ input: 'mono' }}
        autosize
        minRows={2}
        maxRows={5}
        maxLength={8192}
        value={proof}
        onChange={(event) => setProof(event.currentTarget.value)}
      />
    </ProposeDialog>
  );
}
