import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goModule } from './go-module.js';
import { madeOnce } from './made-once.js';

const module = {
  path: 'k8s.io/kubernetes',
  version: 'v1.34.2',
  sum: 'h1:WQdDvYJazkmkwSncgNwGvVtaCt4TYXIU3wSMRgvp3MI=',
};

type Schema = Readonly<Record<string, unknown>>;

interface Definition extends Schema {
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

/** Where kubeconform finds the schema of an object in the folder that `kubernetesSchemas` makes. */
export const schemaName = '{{.ResourceKind}}{{.KindSuffix}}.json';

/**
 * A folder of JSON Schemas of all kinds of Kubernetes, made from its OpenAPI document. Strict: what an object must not have is
 * an error.
 */
export async function kubernetesSchemas(): Promise<string> {
  return madeOnce(`kubernetes-${module.version}-schemas`, async (folder) => {
    const document = join(await goModule(module), 'api', 'openapi-spec', 'swagger.json');
    const { definitions } = JSON.parse(await readFile(document, 'utf8')) as { definitions: Record<string, Definition> };
    await mkdir(folder);
    const strict = Object.fromEntries(
      Object.entries(definitions).map(([name, schema]) => [name, special[name] ?? strictly(schema)]),
    );
    await writeFile(join(folder, 'definitions.json'), JSON.stringify({ definitions: strict }));
    for (const [name, definition] of Object.entries(definitions)) {
      for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
        const suffix = group === '' ? version : `${group.split('.')[0]}-${version}`;
        const schema = { $ref: `definitions.json#/definitions/${name}` };
        await writeFile(join(folder, `${kind.toLowerCase()}-${suffix}.json`), JSON.stringify(schema));
      }
    }
  });
}

/** Types that the document tells as texts, and that a number may stand for. */
const special: Readonly<Record<string, Schema>> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { type: ['string', 'integer'] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { type: ['string', 'number'] },
};

/** A schema without descriptions, in which nothing may stand that is not named. */
function strictly(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strictly);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { properties, description: _, ...rest } = schema as Schema;
  const plain = Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => !key.startsWith('x-kubernetes'))
      .map(([key, value]) => [key, strictly(value)]),
  );
  if (properties === undefined) return plain;
  const named = Object.entries(properties as Schema).map(([key, value]) => [key, strictly(value)] as const);
  return { additionalProperties: false, ...plain, properties: Object.fromEntries(named) };
}
