import { expect, test } from 'vitest';
import { front, get } from '../support/front.ts';
import { answerTo } from '../support/raw-caller.ts';

const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunks = '5\r\nthree\r\n3\r\ntwo\r\n0\r\n\r\n';

test.each([
  ['with the head', [`${head}3\r\none\r\n${chunks}`]],
  ['after the head', [head, `3\r\none\r\n${chunks}`]],
  ['after another chunk', [`${head}3\r\none\r\n`, chunks]],
])('chunks that are read at once, %s, leave in their order and before their end', async (_when, pieces) => {
  const { port } = await front({
    onLegacy({ connection: { socket } }) {
      const [first, second] = pieces;
      socket.write(first!, () => second !== undefined && setImmediate(() => socket.write(second)));
    },
  });

  expect((await answerTo(port, get('/a'))).text).toBe('onethreetwo');
});
