const curves: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** A kind of key as people call it: `ec prime256v1` → "EC P-256". What is not known stays as it is. */
export const keyName = (algorithm: string): string => {
  const [kind = '', rest = ''] = algorithm.split(/[\s:-](.*)/);
  if (/^(ec|ecdsa)$/i.test(kind)) return `EC ${curves[rest.toLowerCase()] ?? rest}`;
  if (/^rsa/i.test(kind)) return rest ? `RSA ${rest}` : algorithm.toUpperCase();
  return algorithm;
};
