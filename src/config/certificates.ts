import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { messageOf } from '../lib/index.js';
import type { Problem } from './problem.js';

/** A file that an option or a key of a configuration file names. */
export interface NamedFile {
  readonly option: string;
  readonly path: string;
  readonly origin: string;
}

/** The files for TLS with one server. */
export interface TlsFiles {
  readonly ca: NamedFile | undefined;
  readonly cert: NamedFile | undefined;
  readonly key: NamedFile | undefined;
}

type ReadFile = (path: string) => string;

/** What is wrong with the files for TLS: not there, not in PEM, or a key that is of another certificate. */
export function problemsOfTls({ ca, cert, key }: TlsFiles, readFile: ReadFile): Problem[] {
  const problems: Problem[] = [];
  const look = <T>(file: NamedFile | undefined, read: (text: string) => T): T | undefined => {
    if (file === undefined) return undefined;
    const wrong = unreadable(file, readFile);
    if (wrong !== undefined) {
      problems.push(wrong);
      return undefined;
    }
    try {
      return read(readFile(file.path));
    } catch (error) {
      problems.push({
        ...at(file),
        cause: messageOf(error),
        remedy: 'Name a file in PEM (`-----BEGIN ...-----`); a key must have no passphrase.',
      });
      return undefined;
    }
  };
  look(ca, readCertificates);
  const certificate = look(cert, readCertificates)?.[0];
  const privateKey = look(key, readKey);
  if (certificate !== undefined && privateKey !== undefined && key !== undefined) {
    if (!certificate.checkPrivateKey(privateKey))
      problems.push({
        ...at(key),
        cause: `it is not the key of ${cert?.path ?? ''}`,
        remedy: 'Name the two that belong together.',
      });
  }
  return problems;
}

/** Whether a file can be read and holds something: if not, why. */
export function unreadable(file: NamedFile, readFile: ReadFile): Problem | undefined {
  try {
    if (readFile(file.path).trim() !== '') return undefined;
    return { ...at(file), cause: 'that file is empty', remedy: 'Name a file that holds it.' };
  } catch (error) {
    const cause = `that file cannot be read (${messageOf(error)})`;
    return { ...at(file), cause, remedy: 'Correct the path, or make the file readable for this user.' };
  }
}

const at = ({ option, path, origin }: NamedFile) => ({ option, value: path, origin });

function readCertificates(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^]*?-----END [^-]*-----/g) ?? [];
  if (blocks.length === 0) throw new Error('that file holds no certificate in PEM');
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new Error(`certificate ${index + 1} of that file is damaged`);
    }
  });
}

function readKey(text: string): KeyObject {
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text)) throw new Error('that key has a passphrase');
  try {
    return createPrivateKey(text);
  } catch {
    throw new Error('that file holds no private key in PEM');
  }
}
