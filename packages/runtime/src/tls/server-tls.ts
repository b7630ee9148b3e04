/**
 * What our servers of devices speak: TLS 1.2 and later, forward secret and with authenticated encryption alone. OpenSSL's own
 * default lets in who has nothing but CBC. CCM is there for small devices. `ciphers` of ops/mosquitto/mosquitto.conf say the same.
 */
export const serverTls = {
  minVersion: 'TLSv1.2',
  // Where no suite of TLS 1.3 is named, Node speaks none.
  ciphers: [
    ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
    ...['ECDHE+AESGCM', 'ECDHE+CHACHA20', 'ECDHE+AESCCM'],
  ].join(':'),
} as const;
