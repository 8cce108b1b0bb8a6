import { generateKeyPairSync } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';

/** A certificate and its private key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate is to say. */
export interface CertificateRequest {
  /** Host names and addresses of a server; of a client, its user. */
  readonly names: readonly string[];
  /** In days from now; default: from yesterday to tomorrow. */
  readonly validity?: { readonly from: number; readonly to: number };
}

/** An authority of a test's own. */
export interface Authority {
  /** Its certificate, in PEM. */
  readonly ca: string;
  issue(request: CertificateRequest): Certificate;
}

const dayMs = 86_400_000;
let serial = Date.now();

/** Makes a certificate authority with a key of its own. */
export function createAuthority(name = 'test authority'): Authority {
  const issuer = [{ name: 'commonName', value: name }];
  const { privateKey, publicKey } = keyPair();
  const own = unsigned(publicKey, issuer, issuer, { from: -1, to: 1 });
  own.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
  ]);
  own.sign(privateKey, forge.md.sha256.create());
  return {
    ca: forge.pki.certificateToPem(own),
    issue: ({ names, validity = { from: -1, to: 1 } }) => {
      const pair = keyPair();
      const subject = [{ name: 'commonName', value: names[0] ?? '' }];
      const certificate = unsigned(pair.publicKey, subject, issuer, validity);
      certificate.setExtensions([
        { name: 'basicConstraints', cA: false },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        {
          name: 'subjectAltName',
          altNames: names.map((one) => (isIP(one) === 0 ? { type: 2, value: one } : { type: 7, ip: one })),
        },
      ]);
      certificate.sign(privateKey, forge.md.sha256.create());
      return { cert: forge.pki.certificateToPem(certificate), key: pair.key };
    },
  };
}

function unsigned(
  publicKey: forge.pki.PublicKey,
  subject: forge.pki.CertificateField[],
  issuer: forge.pki.CertificateField[],
  validity: { from: number; to: number },
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = `00${(serial += 1).toString(16)}`;
  certificate.validity.notBefore = new Date(Date.now() + validity.from * dayMs);
  certificate.validity.notAfter = new Date(Date.now() + validity.to * dayMs);
  certificate.setSubject(subject);
  certificate.setIssuer(issuer);
  return certificate;
}

/** Node makes keys a hundred times faster than node-forge. */
function keyPair() {
  const { privateKey: key } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const privateKey = forge.pki.privateKeyFromPem(key);
  return { key, privateKey, publicKey: forge.pki.setRsaPublicKey(privateKey.n, privateKey.e) };
}
