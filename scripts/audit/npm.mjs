/** What `npm audit --json` has found; `unreachable` says why nothing is known. */
export function npmAdvisories({ stdout, stderr, error }) {
  if (error !== undefined) return { unreachable: error.message };
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    return { unreachable: firstLine(stderr) };
  }
  if (report.vulnerabilities === undefined)
    return { unreachable: firstLine(report.message ?? report.error?.summary ?? stderr) };
  const advisories = Object.values(report.vulnerabilities).map(({ name, severity, via }) => ({
    name,
    severity,
    title: via.map((one) => (typeof one === 'string' ? `by way of ${one}` : one.title)).join('; '),
  }));
  return { advisories };
}

function firstLine(text) {
  return (text ?? '').trim().split('\n')[0] || 'no answer';
}
