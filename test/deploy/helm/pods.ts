import type { KubernetesObject } from './render.js';

interface KeyOf {
  readonly name: string;
  readonly key: string;
}

interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: KeyOf };
}

interface FileSource {
  readonly name: string;
  readonly items: readonly { readonly key: string; readonly path: string }[];
}

interface Volume {
  readonly name: string;
  readonly projected?: {
    readonly sources: readonly { readonly secret?: FileSource; readonly configMap?: FileSource }[];
  };
}

/** The one container of a pod, with what of the pod matters here. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly EnvironmentVariable[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [field: string]: unknown;
}

interface PodSpec {
  readonly containers: readonly [Container];
  readonly volumes: readonly Volume[];
  readonly [field: string]: unknown;
}

/** What a Deployment or StatefulSet starts. */
export interface Workload {
  readonly name: string;
  readonly pod: PodSpec;
  readonly container: Container;
  readonly checksum: string | undefined;
}

/** The Deployments and StatefulSets of a rendered chart. */
export function workloadsOf(objects: readonly KubernetesObject[]): Workload[] {
  return objects
    .filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
    .map(({ metadata, spec }) => {
      const { template } = spec as { template: { metadata: KubernetesObject['metadata']; spec: PodSpec } };
      const checksum = template.metadata.annotations?.['checksum/config'];
      return { name: metadata.name, pod: template.spec, container: template.spec.containers[0], checksum };
    });
}

/** What Secrets and ConfigMaps hold: by `name/key`. */
export type Held = Readonly<Record<string, string>>;

/** What the Secrets and ConfigMaps of a rendered chart hold. */
export function heldBy(objects: readonly KubernetesObject[]): Held {
  return Object.fromEntries(
    objects
      .filter(({ kind }) => kind === 'Secret' || kind === 'ConfigMap')
      .flatMap(({ metadata, data, stringData }) =>
        Object.entries((stringData ?? data) as Record<string, string>).map(([key, text]) => [
          `${metadata.name}/${key}`,
          text,
        ]),
      ),
  );
}

/**
 * What a process of a container sees: its environment, and its files by path.
 *
 * @throws Error that names what no Secret or ConfigMap holds: Kubernetes would not start the pod.
 */
export function surroundingsOf({ pod, container }: Workload, held: Held) {
  const text = ({ name, key }: KeyOf): string => {
    const found = held[`${name}/${key}`];
    if (found === undefined) throw new Error(`nothing holds ${name}/${key}`);
    return found;
  };
  const env = Object.fromEntries(
    container.env.map(({ name, value, valueFrom }) => [
      name,
      valueFrom === undefined ? value : text(valueFrom.secretKeyRef),
    ]),
  );
  const files = new Map<string, string>();
  for (const { name, projected } of pod.volumes) {
    const mounted = container.volumeMounts.find((mount) => mount.name === name)!.mountPath;
    for (const { secret, configMap } of projected?.sources ?? []) {
      const source = (secret ?? configMap)!;
      for (const { key, path } of source.items) files.set(`${mounted}/${path}`, text({ name: source.name, key }));
    }
  }
  return { env, files };
}
