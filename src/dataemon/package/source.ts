/** Where the dbt package comes from. */
export type PackageSource =
  /** The one that CHT Sync brings, in this folder. */
  | { readonly kind: 'bundled'; readonly path: string }
  | { readonly kind: 'local'; readonly path: string }
  /** `url#revision`, the revision being a branch, tag or commit; without one, the repository's default branch. */
  | { readonly kind: 'git'; readonly url: string }
  | { readonly kind: 'tarball'; readonly url: string };

/** A repository and what of it. */
export interface GitLocation {
  /** Without the user name, password or token that an http address may hold: see `gitCredentials`. */
  readonly repository: string;
  readonly revision: string | undefined;
}

/** Takes `url#revision` apart. */
export function gitLocation(url: string): GitLocation {
  const at = url.lastIndexOf('#');
  const revision = at === -1 ? undefined : url.slice(at + 1) || undefined;
  const repository = at === -1 ? url : url.slice(0, at);
  return { repository: /^https?:/.test(repository) ? withoutCredentials(repository) : repository, revision };
}

/**
 * The environment by which git learns the credentials of an http address. In the address itself they would stand in
 * argument lists, in packages.yml and in the repository's configuration.
 *
 * @param environment - the environment they are added to, which may hold settings of git already.
 */
export function gitCredentials(
  source: PackageSource,
  environment: Readonly<Record<string, string>>,
): Record<string, string> {
  const found = source.kind === 'git' ? /^(https?:\/\/)([^/@\s]+)@([^/#]+)/.exec(source.url) : null;
  if (found === null) return {};
  const [, scheme = '', userinfo = '', host = ''] = found;
  const [user = '', ...password] = userinfo.split(':').map(decodeURIComponent);
  const basic = Buffer.from(`${user}:${password.join(':')}`).toString('base64');
  const count = Number(environment.GIT_CONFIG_COUNT ?? 0);
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: `http.${scheme}${host}/.extraHeader`,
    [`GIT_CONFIG_VALUE_${count}`]: `Authorization: Basic ${basic}`,
  };
}

/** What tells one source from another, without credentials. */
export function sourceKey(source: PackageSource): string {
  return JSON.stringify('url' in source ? { ...source, url: withoutCredentials(source.url) } : source);
}

/** The package in words, without the credentials an address may hold. */
export function describeSource(source: PackageSource): string {
  switch (source.kind) {
    case 'bundled':
      return 'bundled';
    case 'local':
      return `local ${source.path}`;
    case 'git':
    case 'tarball':
      return `${source.kind} ${withoutCredentials(source.url)}`;
  }
}

/** Which option a package's source is set by. */
export function optionOf(source: PackageSource): string {
  const options = {
    bundled: 'DBT_LOCAL_PATH, CHT_PIPELINE_BRANCH_URL or DBT_PACKAGE_TARBALL_URL',
    local: 'DBT_LOCAL_PATH',
    git: 'CHT_PIPELINE_BRANCH_URL',
    tarball: 'DBT_PACKAGE_TARBALL_URL',
  };
  return options[source.kind];
}

/** Cuts user names, passwords and tokens out of the addresses in a text. */
export function withoutCredentials(text: string): string {
  return text.replace(/(\w+:\/\/)[^/@\s]+@/g, '$1');
}
