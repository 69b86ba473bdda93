import { expect, it } from 'vitest';
import { salvage } from '../../src/cli/salvage.ts';

it('goes by the defaults where there is no file', async () => {
  expect(await salvage('/nowhere/routes.yaml', {})).toEqual({
    state: { kind: 'sqlite', path: '/nowhere/.strangler/state.db' },
    admin: { host: '127.0.0.1', port: 9090, token: null, hosts: [] },
  });
});
