/** Something that keeps the set-up from going on, and what the user can do about it. */
export class SetupError extends Error {
  constructor(message, remedy) {
    super(message);
    this.remedy = remedy;
  }
}

const causes = [
  {
    words: /ENOSPC|No space left on device|disk quota exceeded/i,
    remedy: 'The disk is full: free about 1 GB, then run it again.',
  },
  {
    words:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|getaddrinfo|Temporary failure in name resolution|Failed to establish a new connection|Network is unreachable|Max retries exceeded|Read timed out|ConnectTimeoutError|from versions: none/i,
    remedy:
      'The first set-up downloads packages: check the network (behind a proxy: HTTPS_PROXY; with a mirror: the registry in .npmrc, PIP_INDEX_URL), then run it again.',
  },
  {
    words: /EACCES|EPERM|Permission denied/i,
    remedy: 'This user must be able to write in the folder of the project; see the path in the message.',
  },
  {
    words: /do not match the hashes|EINTEGRITY/i,
    remedy: 'A download is not what the lock file says: clear the cache of npm or pip, check the mirror, run it again.',
  },
];

/** What to do about a program that failed, by what it said. */
export function remedyFor(output, otherwise) {
  return causes.find(({ words }) => words.test(output))?.remedy ?? otherwise;
}
