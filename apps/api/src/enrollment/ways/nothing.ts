/** Said to whoever shows nothing that lets in, whatever the reason: whether a tenant takes questions is its own business. */
export const NOTHING = 'Send an enrolment token as a bearer credential, or present a claim or factory certificate.';
