/** The version of this agent's own code, as heartbeats tell it. Releases on the device have versions of their own. */
export const agentVersion = '0.1.0';
