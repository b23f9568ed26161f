import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Etcd3 } from 'etcd3';
import { EtcdStore } from '../../src/store/etcd.js';
import type { EtcdAccess } from '../../src/types/etcdAccess.js';
import { EtcdProcess, etcdSkipReason } from './etcdProcess.js';

const folder = mkdtempSync(join(tmpdir(), 'windrose-etcd-access-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const file = (name: string, content: string, mode = 0o640): string => {
  writeFileSync(at(name), content);
  chmodSync(at(name), mode);
  return at(name);
};

/** A certificate of 127.0.0.1 that `ca` has signed, or of a CA. */
function certificate(name: string, ca?: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}-key.pem`];
  const about = ['-subj', `/CN=${name}`, '-days', '2'];
  const signer = ca === undefined ? [] : ['-CA', `${ca}.pem`, '-CAkey', `${ca}-key.pem`];
  const names = ca === undefined ? [] : ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'];
  openssl('req', '-x509', ...key, ...about, ...signer, ...names, '-out', `${name}.pem`);
  chmodSync(at(`${name}-key.pem`), 0o600);
}

async function asked(access: EtcdAccess): Promise<'answers'> {
  const store = new EtcdStore(access);
  try {
    await store.range('');
    await store.transact({ puts: [{ key: 'k', value: 'v' }] });
    return 'answers';
  } finally {
    await store.close();
  }
}

describe('an etcd behind certificates and passwords', { skip: etcdSkipReason() }, () => {
  let etcd: EtcdProcess;
  let access: EtcdAccess;
  const password = 'correct horse';
  const tls = { ca: at('ca.pem'), certificate: at('client.pem'), key: at('client-key.pem') };

  before(async () => {
    for (const ca of ['ca', 'strangers']) certificate(ca);
    certificate('server', 'ca');
    certificate('client', 'ca');
    certificate('stranger', 'strangers');
    const server = [`--cert-file=${at('server.pem')}`, `--key-file=${at('server-key.pem')}`];
    etcd = await EtcdProcess.start({
      more: [...server, '--client-cert-auth', `--trusted-ca-file=${at('ca.pem')}`, '--auth-token-ttl=2'],
    });
    access = etcd.access({ tls });
    const { readFileSync } = await import('node:fs');
    const credentials = {
      rootCertificate: readFileSync(tls.ca),
      certChain: readFileSync(tls.certificate),
      privateKey: readFileSync(tls.key),
    };
    const operator = new Etcd3({ hosts: etcd.endpoint, credentials });
    await operator.auth.userAdd({ name: 'root', password: 'root' });
    await operator.auth.roleAdd({ name: 'root' });
    await operator.auth.userGrantRole({ user: 'root', role: 'root' });
    await operator.auth.userAdd({ name: 'gw', password });
    await operator.auth.roleAdd({ name: 'cloud' });
    const perm = { permType: 'Readwrite', key: Buffer.from('/windrose/'), range_end: Buffer.from('/windrose0') } as const;
    await operator.auth.roleGrantPermission({ name: 'cloud', perm });
    await operator.auth.userGrantRole({ user: 'gw', role: 'cloud' });
    await operator.auth.authEnable();
    operator.close();
  });
  after(() => etcd?.close());

  test('with both it answers, and goes on when the token is over', async () => {
    const store = new EtcdStore({ ...access, user: 'gw', passwordFile: file('password', `${password}\n`) });
    const { revision } = await store.transact({ puts: [{ key: 'k', value: '1' }] });
    await etcd.kill('SIGTERM');
    await etcd.begin();
    // Its tokens were in memory.
    for (let i = 0; ; i++) {
      const read = await store.range('k').catch((error: Error) => error);
      if (!(read instanceof Error)) {
        assert.equal(read.items[0]!.modRevision, revision);
        break;
      }
      assert.ok(i < 20, String(read));
    }
    const heard: unknown[] = [];
    store.watch('', revision, { changed: (at) => heard.push(at), failed: (error) => heard.push(error) });
    for (let i = 0; heard.length === 0 && i < 200; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(heard, [revision]);
    await store.close();
  });

  test('without a user, with a wrong password, or below another prefix it is denied', async () => {
    const right = { user: 'gw', passwordFile: file('password', password) };
    assert.equal(await asked({ ...access, ...right }), 'answers');
    const denied = { code: 'STORE_DENIED', remedy: /grant-permission/ };
    await assert.rejects(asked(access), { ...denied, message: /user name is empty|permission denied/ });
    const wrong = file('wrong', 'correct house');
    await assert.rejects(asked({ ...access, ...right, passwordFile: wrong }), (error: Error & { code: string }) => {
      assert.equal(error.code, 'STORE_DENIED');
      assert.doesNotMatch(`${error.message} ${error.stack}`, /correct/);
      return true;
    });
    await assert.rejects(asked({ ...access, ...right, prefix: '/other/' }), { ...denied, message: /permission denied/ });
  });

  test('certificates of strangers, on either side, end the connection', async () => {
    const reached = { code: 'STORE_UNREACHABLE' };
    await assert.rejects(asked({ ...access, tls: { ...tls, ca: at('strangers.pem') } }), { ...reached, message: /certificate/ });
    const stranger = { ...tls, certificate: at('stranger.pem'), key: at('stranger-key.pem') };
    await assert.rejects(asked({ ...access, tls: stranger }), reached);
    await assert.rejects(asked({ ...access, tls: { ...tls, certificate: undefined, key: undefined } }), reached);
  });
});

describe('files with secrets', () => {
  const access: EtcdAccess = {
    ...{ endpoints: ['https://127.0.0.1:1'], prefix: '/w/', tls: undefined, user: 'gw' },
    passwordFile: at('secret'),
  };
  const refused = (message: RegExp) => ({ code: 'STORE_SECRET', message, remedy: /chmod 640/ });

  test('must be there, must not be empty, and must be closed to others', () => {
    assert.throws(() => new EtcdStore(access), refused(/secret \(store\.etcd\.passwordFile\): it cannot be read, ENOENT/));
    file('secret', '');
    assert.throws(() => new EtcdStore(access), refused(/is empty/));
    file('secret', 'hush');
    for (const mode of [0o644, 0o660, 0o641]) {
      chmodSync(at('secret'), mode);
      assert.throws(() => new EtcdStore(access), refused(new RegExp(`has mode 0${mode.toString(8)}, open to others`)));
    }
    const tls = {
      ca: file('any-ca.pem', 'x', 0o644),
      certificate: file('any.pem', 'x', 0o644),
      key: file('any-key.pem', 'x', 0o604),
    };
    chmodSync(at('secret'), 0o600);
    assert.throws(() => new EtcdStore({ ...access, tls }), refused(/any-key\.pem \(store\.etcd\.tls\.key\): it has mode 0604/));
  });
});
