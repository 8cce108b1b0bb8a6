import { goModule } from './go-module.js';
import { madeOnce } from './made-once.js';
import { outputOf } from './run.js';

const module = {
  path: 'github.com/yannh/kubeconform',
  version: 'v0.7.0',
  sum: 'h1:ZFfniR8VChrWQxaxTUGnNrxw8RIDkjVBrjdhXSamwjw=',
};

/** The path of kubeconform, built by Go in a few seconds. Its own go.sum pins what it is built from. */
export async function kubeconform(): Promise<string> {
  return madeOnce(`kubeconform-${module.version}`, async (path) => {
    const cwd = await goModule(module);
    await outputOf('go', ['build', '-mod=readonly', '-trimpath', '-ldflags=-s -w', '-o', path, './cmd/kubeconform'], {
      cwd,
    });
  });
}
