/* global fetch, AbortSignal */

/** The packages of a requirements file with pinned versions. */
export function pythonPackages(lock) {
  return [...lock.matchAll(/^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)/gm)].map(([, name, version]) => ({
    name,
    version,
  }));
}

const atOnce = 500;
const timeoutMs = 20_000;

/**
 * Asks OSV, whose advisories for PyPI are those that pip-audit knows. https://google.github.io/osv.dev/post-v1-querybatch/
 *
 * @returns the advisories, or why nothing is known.
 */
export async function advisoriesFor(packages, url) {
  try {
    const advisories = [];
    for (let at = 0; at < packages.length; at += atOnce) {
      const some = packages.slice(at, at + atOnce);
      const queries = some.map(({ name, version }) => ({ version, package: { name, ecosystem: 'PyPI' } }));
      const { results } = await ask(`${url}/v1/querybatch`, { method: 'POST', body: JSON.stringify({ queries }) });
      for (const [index, { vulns = [] }] of results.entries()) {
        for (const { id } of vulns) {
          const { summary = '', database_specific: more = {} } = await ask(`${url}/v1/vulns/${encodeURIComponent(id)}`);
          const { name, version } = some[index];
          // Who gives no severity may mean the worst.
          const severity = (more.severity ?? 'high').toLowerCase();
          advisories.push({ name: `${name} ${version}`, severity, title: `${id} ${summary}`.trim() });
        }
      }
    }
    return { advisories };
  } catch (error) {
    return { unreachable: error.cause?.message ?? error.message };
  }
}

async function ask(address, options = {}) {
  const answer = await fetch(address, { ...options, signal: AbortSignal.timeout(timeoutMs) });
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return answer.json();
}
