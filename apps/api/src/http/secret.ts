/** Token of 32 bytes, the same on every replica, from which the door derives keys: page tokens, kept answers. */
export const SECRET = Symbol('secret');
