import { expect, test } from 'vitest';
import { systemClock } from '../../../lib/index.js';
import { admin, testSource, type TestSource } from '../couchdb.fixture.js';

const anonymous = { authorization: '' };

async function signIn(source: TestSource, name = admin.user, password = admin.password) {
  const answer = await source.ask('POST', '/_session', { name, password }, anonymous);
  return { answer, cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' };
}

test('without credentials nothing is answered but the welcome, _up and signing in', async () => {
  await using source = await testSource();
  for (const path of [
    '/_session',
    '/_all_dbs',
    '/_active_tasks',
    '/medic',
    '/medic/_changes',
    '/_embedded/awkwardness',
  ]) {
    const answer = await source.ask('GET', path, undefined, anonymous);
    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ error: 'unauthorized' });
  }
  expect((await source.ask('PUT', '/medic', undefined, anonymous)).status).toBe(401);
  expect((await source.ask('GET', '/', undefined, anonymous)).body).toMatchObject({
    couchdb: 'Welcome',
    version: '3.5.0-embedded',
    vendor: { name: 'CHT Sync embedded source, not Apache CouchDB' },
  });
  expect((await source.ask('GET', '/_up', undefined, anonymous)).body).toMatchObject({ status: 'ok' });
});

test('a session is opened with JSON or a form, shown, and ended', async () => {
  await using source = await testSource();
  const { answer, cookie } = await signIn(source);
  expect(answer.body).toMatchObject({ ok: true, name: 'admin', roles: ['_admin'] });
  const shown = await source.ask('GET', '/_session', undefined, { ...anonymous, cookie });
  expect(shown.body).toMatchObject({ ok: true, userCtx: { name: 'admin', roles: ['_admin'] } });
  expect(shown.body.info).toMatchObject({ authenticated: 'cookie' });
  const form = await source.ask('POST', '/_session', 'name=admin&password=secret', {
    ...anonymous,
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect(form.status).toBe(200);
  const ended = await source.ask('DELETE', '/_session', undefined, { ...anonymous, cookie });
  expect(ended.headers.get('set-cookie')).toMatch(/^AuthSession=;/);
});

test('a wrong password, name or cookie is refused', async () => {
  await using source = await testSource();
  expect((await signIn(source, 'admin', 'wrong')).answer.status).toBe(401);
  expect((await signIn(source, 'nobody', 'secret')).answer.body.reason).toBe('Name or password is incorrect.');
  const { cookie } = await signIn(source);
  for (const bad of [`${cookie}x`, 'AuthSession=', 'AuthSession=YWRtaW46MTox']) {
    expect((await source.ask('GET', '/_session', undefined, { ...anonymous, cookie: bad })).status).toBe(401);
  }
  expect((await source.ask('POST', '/_session', { name: 'admin' }, anonymous)).status).toBe(400);
});

test('a session outlives a restart, is renewed with use, and ends after its time', async () => {
  let now = Date.now();
  const clock = { ...systemClock, now: () => now };
  await using source = await testSource({ clock });
  const { cookie } = await signIn(source);
  await source.restart();
  now += 300_000;
  const renewed = await source.ask('GET', '/_all_dbs', undefined, { ...anonymous, cookie });
  expect(renewed.status).toBe(200);
  const newCookie = renewed.headers.get('set-cookie')?.split(';')[0] ?? '';
  now += 400_000;
  expect((await source.ask('GET', '/_all_dbs', undefined, { ...anonymous, cookie })).status).toBe(401);
  expect((await source.ask('GET', '/_all_dbs', undefined, { ...anonymous, cookie: newCookie })).status).toBe(200);
});

test('the password of a user document is hashed, and the user can sign in until the document is deleted', async () => {
  await using source = await testSource();
  const id = 'org.couchdb.user:jane';
  const user = { name: 'jane', type: 'user', roles: ['chw'], password: 'pass:word' };
  expect((await source.ask('PUT', `/_users/${id}`, user)).status).toBe(201);
  const { body } = await source.ask('GET', `/_users/${id}`);
  expect(body).toMatchObject({ name: 'jane', password_scheme: 'pbkdf2', pbkdf2_prf: 'sha256' });
  expect(body).toHaveProperty('derived_key');
  expect(body).not.toHaveProperty('password');
  expect((await signIn(source, 'jane', 'pass:word')).answer.body).toMatchObject({ name: 'jane', roles: ['chw'] });
  expect((await signIn(source, 'jane', 'pass')).answer.status).toBe(401);
  const basic = `Basic ${Buffer.from('jane:pass:word').toString('base64')}`;
  expect((await source.ask('GET', '/_all_dbs', undefined, { authorization: basic })).status).toBe(200);
  const switches = await source.ask('GET', '/_embedded/awkwardness', undefined, { authorization: basic });
  expect(switches.status).toBe(403);
  await source.ask('DELETE', `/_users/${id}?rev=${body._rev}`);
  expect((await source.ask('GET', '/_all_dbs', undefined, { authorization: basic })).status).toBe(401);
});
