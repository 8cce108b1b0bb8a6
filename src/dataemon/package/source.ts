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
  readonly repository: string;
  readonly revision: string | undefined;
}

/** Takes `url#revision` apart. */
export function gitLocation(url: string): GitLocation {
  const at = url.lastIndexOf('#');
  if (at === -1) return { repository: url, revision: undefined };
  return { repository: url.slice(0, at), revision: url.slice(at + 1) || undefined };
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
