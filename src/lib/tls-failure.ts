import { messageOf } from './errors.js';

/** Why a TLS connection could not be made. */
export interface TlsFailure {
  /** What is at fault, for a remedy. */
  readonly fault: 'authority' | 'validity' | 'name' | 'protocol' | 'own-certificate' | 'other';
  /** In one sentence without its end, to be read after the address. */
  readonly words: string;
}

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const authority = new Set([
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_UNTRUSTED', 'CERT_SIGNATURE_FAILURE'],
]);
/** Alerts by which the other side refuses our certificate, or misses one. https://www.rfc-editor.org/rfc/rfc8446#section-6.2 */
const refusal =
  /alert (?:number )?(?:bad certificate|unsupported certificate|certificate|unknown ca|handshake failure)/i;
const anyTls = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

/** Tells why a TLS connection could not be made; undefined when that is not what went wrong. */
export function tlsFailure(thrown: unknown): TlsFailure | undefined {
  const code = codeOf(thrown);
  if (code === undefined) return undefined;
  const message = messageOf(thrown);
  if (authority.has(code))
    return { fault: 'authority', words: `its certificate is of an authority that is not trusted (${code})` };
  if (code === 'CERT_HAS_EXPIRED') return { fault: 'validity', words: 'its certificate has expired' };
  if (code === 'CERT_NOT_YET_VALID') return { fault: 'validity', words: 'its certificate is not valid yet' };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (thrown as { cert?: { subjectaltname?: string } }).cert?.subjectaltname;
    return { fault: 'name', words: `its certificate is for another name (${names ?? message})` };
  }
  if (
    code === 'ERR_SSL_WRONG_VERSION_NUMBER' ||
    /wrong version number|packet length too long|http request/i.test(message)
  )
    return { fault: 'protocol', words: 'what answers there does not speak TLS' };
  if (refusal.test(message))
    return { fault: 'own-certificate', words: `it refuses the certificate it was shown, or misses one (${code})` };
  return anyTls.test(code) ? { fault: 'other', words: `TLS failed: ${message.trim()} (${code})` } : undefined;
}

function codeOf(thrown: unknown): string | undefined {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}
