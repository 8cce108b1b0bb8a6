import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileVariableOf, optionList, readConfig } from '../../../src/config/index.js';
import { createAuthority } from '../../support/certificates.js';
import { heldBy, surroundingsOf, workloadsOf, type Held, type Workload } from './pods.js';
import { cases, chartFolder, golden, objectsOf } from './render.js';

const authority = createAuthority();
const client = authority.issue({ names: ['cht_sync'] });

/** What Secrets and ConfigMaps hold that the user has made. */
const ofTheUser: Held = {
  'postgres/password': 'of-postgres',
  'writer/password': 'of-writer',
  'modeler/password': 'of-modeler',
  'modeler/username': 'cht_sync_modeler',
  'reader/password': 'of-reader',
  'package/url': 'https://token@git.example.org/models.git#v1',
  'couchdb/password': 'of-couchdb',
  'couchdb/username': 'medic',
  'couchdb-ca/ca.pem': authority.ca,
  'postgres-ca/ca.crt': authority.ca,
  'postgres-client/tls.crt': client.cert,
  'postgres-client/tls.key': client.key,
};

const rendered = new Map(
  cases.map((name) => {
    const objects = objectsOf(golden(name));
    const workloads = workloadsOf(objects).filter((workload) => workload.name !== 'cht-sync-postgres');
    return [name, { held: { ...ofTheUser, ...heldBy(objects) }, workloads }] as const;
  }),
);

describe('the pods of the Helm chart', () => {
  /** The configuration that a process of the pod would run with. */
  const configurationOf = (workload: Workload, held: Held) => {
    const { env, files } = surroundingsOf(workload, held);
    const readFileOfPod = (path: string) => {
      const text = files.get(path);
      if (text === undefined) throw new Error(`${path} is not there`);
      return text;
    };
    return readConfig({ flags: {}, env, dotenv: {}, readFile: readFileOfPod });
  };

  test.each(cases)('have a configuration without a fault (%s)', (name) => {
    const { held, workloads } = rendered.get(name)!;
    for (const workload of workloads) {
      const { problems, warnings } = configurationOf(workload, held);
      expect({ workload: workload.name, problems, warnings }).toEqual({
        workload: workload.name,
        problems: [],
        warnings: [],
      });
    }
  });

  test.each(cases)('are given no variable that CHT Sync does not know (%s)', (name) => {
    const known = new Set(
      optionList.flatMap(({ env, secret }) => (secret === true ? [env, fileVariableOf(env)] : [env])),
    );
    const { held, workloads } = rendered.get(name)!;
    for (const workload of workloads) {
      const given = Object.keys(surroundingsOf(workload, held).env);
      // HOME is the system's, USER_OF_... is what CONFIG_FILE refers to, HTTPS_PROXY came by extraEnv.
      const others = given.filter(
        (variable) => !known.has(variable) && !/^(HOME|USER_OF_\w+|HTTPS_PROXY)$/.test(variable),
      );
      expect(others).toEqual([]);
    }
  });

  test('follow what the values name', () => {
    const { held, workloads } = rendered.get('as-in-v2')!;
    const config = (name: string) =>
      configurationOf(
        workloads.find((one) => one.name === name)!,
        held,
      ).config();
    expect(config('cht-sync-couch2pg--host1-cht-core-test')).toMatchObject({
      postgresHost: 'postgres',
      postgresPassword: 'a password of "PostgreSQL"',
      metricsHost: '0.0.0.0',
      metricsPort: 9399,
      couchdbServers: [
        {
          name: undefined,
          host: 'host1.cht-core.test',
          port: 443,
          secure: true,
          user: 'medic',
          password: 'password1',
          databases: ['medic', 'medic-sentinel'],
        },
      ],
    });
    expect(config('cht-sync-couch2pg--host2')).toMatchObject({
      couchdbServers: [
        { host: 'host2', port: 5984, secure: false, user: 'separate-user', databases: ['medic', 'medic_sentinel'] },
      ],
    });
    expect(config('cht-sync-dbt-1')).toMatchObject({
      dbtSelector: 'tag:tag-one',
      dbtThreadCount: 2,
      dbtBatchSize: 1_000_000,
      chtPipelineBranchUrl: 'https://github.com/medic/cht-pipeline.git#main',
      embeddedDataDir: '/var/lib/cht-sync',
    });
  });

  test('sign in with the roles and secrets that the user has made', () => {
    const { held, workloads } = rendered.get('existing-secrets')!;
    const [couch2pg, dataemon] = workloads.map((workload) => configurationOf(workload, held).config());
    expect(couch2pg).toMatchObject({
      postgresUser: 'cht_sync_writer',
      postgresPassword: 'of-writer',
      postgresSslmode: 'verify-full',
      couchdbServers: [{ user: 'medic', password: 'of-couchdb', secure: true, caFile: expect.any(String) as unknown }],
    });
    expect(dataemon).toMatchObject({
      postgresUser: 'cht_sync_modeler',
      postgresPassword: 'of-modeler',
      chtPipelineBranchUrl: 'https://token@git.example.org/models.git#v1',
    });
  });

  test('follow all servers where one process is to', () => {
    const { held, workloads } = rendered.get('one-process')!;
    const { couchdbServers } = configurationOf(workloads[0]!, held).config();
    expect(couchdbServers).toMatchObject([
      { host: 'west.example.org', user: 'medic', password: 'of-west', port: 443, secure: true },
      {
        host: '10.0.3.7',
        name: 'east',
        user: 'a${b}',
        password: 'of-east',
        port: 5984,
        secure: false,
        feed: 'longpoll',
      },
      { host: '10.0.3.7', name: 'south', user: 'medic', password: 'of-south', port: 6984, secure: true, readers: 1 },
    ]);
  });

  test('may be given each option by its name, but those that have a value of their own', async () => {
    const schema = JSON.parse(await readFile(join(chartFolder, 'values.schema.json'), 'utf8')) as {
      definitions: Record<string, { properties: Record<string, unknown> }>;
    };
    const names = (definition: string) => Object.keys(schema.definitions[definition]!.properties).toSorted();
    const ofGroups = (...groups: string[]) =>
      optionList.filter(({ group }) => groups.includes(group)).map(({ env }) => env);
    const elsewhere = ['CHT_PIPELINE_BRANCH_URL', 'DBT_BATCH_SIZE', 'DBT_SELECTOR', 'DBT_THREAD_COUNT'];
    const dataemon = ofGroups('dataemon').filter((env) => !elsewhere.includes(env));
    expect(names('dataemonOptions')).toEqual(dataemon.toSorted());
    expect(names('couch2pgOptions')).toEqual([...ofGroups('couch2pg'), 'COUCHDB_FEED', 'COUCHDB_READERS'].toSorted());
  });
});
